// lengths reads 16-byte strings on stdin and writes one byte for each: the length of the instruction that Zydis finds at its start, or 0.
//
//   gcc -O2 -o lengths lengths.c -lZydis
#include <Zydis/Zydis.h>
#include <stdio.h>

enum { STRING = 16, BATCH = 4096, MAXLEN = 15 };

int main(void) {
    static unsigned char in[BATCH][STRING], out[BATCH];
    ZydisDecoder decoder;
    ZydisDecodedInstruction x;
    size_t n;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    while ((n = fread(in, STRING, BATCH, stdin)) > 0) {
        for (size_t i = 0; i < n; i++)
            out[i] = ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, in[i], MAXLEN, &x)) ? x.length : 0;
        if (fwrite(out, 1, n, stdout) != n) return 1;
        fflush(stdout);
    }
    return 0;
}
