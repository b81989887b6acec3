// effects reads 16-byte strings on stdin and writes four 16-bit numbers for each: how many memory operands the instruction at its start
// loads and stores by Zydis, and how many bytes; of a gather or scatter those of one element. All are 65535 where it is none.
//
//   gcc -O2 -o effects effects.c -lZydis
#include <Zydis/Zydis.h>
#include <stdint.h>
#include <stdio.h>

enum { STRING = 16, BATCH = 4096, MAXLEN = 15 };

int main(void) {
    static unsigned char in[BATCH][STRING];
    static uint16_t out[BATCH][4];
    ZydisDecoder decoder;
    ZydisDecodedInstruction x;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    size_t n;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    while ((n = fread(in, STRING, BATCH, stdin)) > 0) {
        for (size_t i = 0; i < n; i++) {
            uint16_t *o = out[i];
            int ok = ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, in[i], MAXLEN, &x, ops));
            for (int k = 0; k < 4; k++) o[k] = ok ? 0 : 65535;
            for (int k = 0; ok && k < x.operand_count; k++) {
                if (ops[k].type != ZYDIS_OPERAND_TYPE_MEMORY || ops[k].mem.type == ZYDIS_MEMOP_TYPE_AGEN || ops[k].mem.type == ZYDIS_MEMOP_TYPE_MIB) continue;
                int bytes = (ops[k].mem.type == ZYDIS_MEMOP_TYPE_VSIB ? ops[k].element_size : ops[k].size) / 8;
                if (ops[k].actions & ZYDIS_OPERAND_ACTION_MASK_READ) o[0]++, o[1] += bytes;
                if (ops[k].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) o[2]++, o[3] += bytes;
            }
        }
        if (fwrite(out, sizeof out[0], n, stdout) != n) return 1;
        fflush(stdout);
    }
    return 0;
}
