// speed sweeps the .text section of an ELF file with Zydis, lengths and operands, and prints MB per second of processor time.
//
//   gcc -O2 -o speed speed.c -lZydis && ./speed libopenblas.so.0
#include <Zydis/Zydis.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double measure(const ZydisDecoder *decoder, const unsigned char *text, size_t size, int full) {
    ZydisDecodedInstruction in;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    clock_t start = clock();
    for (size_t at = 0; at < size;) {
        ZyanStatus s = full ? ZydisDecoderDecodeFull(decoder, text + at, size - at, &in, ops)
                            : ZydisDecoderDecodeInstruction(decoder, NULL, text + at, size - at, &in);
        at += ZYAN_SUCCESS(s) ? in.length : 1;
    }
    return size / 1e6 / ((double)(clock() - start) / CLOCKS_PER_SEC);
}

int main(int argc, char **argv) {
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!f) return 2;
    fseek(f, 0, SEEK_END);
    size_t n = ftell(f);
    unsigned char *file = malloc(n);
    rewind(f);
    if (fread(file, 1, n, f) != n) return 1;
    Elf64_Ehdr *head = (Elf64_Ehdr *)file;
    Elf64_Shdr *sections = (Elf64_Shdr *)(file + head->e_shoff);
    const char *names = (const char *)file + sections[head->e_shstrndx].sh_offset;
    for (int i = 0; i < head->e_shnum; i++) {
        if (strcmp(names + sections[i].sh_name, ".text")) continue;
        ZydisDecoder full, minimal;
        ZydisDecoderInit(&full, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisDecoderInit(&minimal, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisDecoderEnableMode(&minimal, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
        printf("Zydis minimal %.1f MB/cpu-s\n", measure(&minimal, file + sections[i].sh_offset, sections[i].sh_size, 0));
        printf("Zydis full %.1f MB/cpu-s\n", measure(&full, file + sections[i].sh_offset, sections[i].sh_size, 1));
    }
    return 0;
}
