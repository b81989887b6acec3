// memory reads data/x86-encodings.tsv on stdin and writes data/x86-memory.tsv: what Zydis says every encoding does to its memory operand.
//
//   gcc -O2 -o memory memory.c -lZydis && ./memory <../../data/x86-encodings.tsv >../../data/x86-memory.tsv
//
// Columns: the row's key (space to iclass), r, w or rw, and the operand's bytes: a number; L and a number, which is shifted left by L'L;
// W and a number, shifted left by W; or O, the operand size.
#include <Zydis/Zydis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE, MAP, OP, PP, WW, LL, MOD, REG, RM, Z, MASK, B, U, ND, REX2, REXB, REP, OSZ, LOCK, VV, ISA, ICLASS, RING0, COLUMNS };

static char *col[COLUMNS];
static ZydisDecoder decoder;

static int lowest(int mask) { for (int i = 0; i < 8; i++) if (mask >> i & 1) return i; return 0; }
static int allows(int c, int v) { return strtol(col[c], 0, 10) >> v & 1; }

// build writes an encoding of the row with a memory operand at [rax], or [rax+xmm0] for gathers.
static int build(unsigned char *p, int w, int l, int osz) {
    int n = 0, space = atoi(col[SPACE]), map = strtol(col[MAP], 0, 16), op = strtol(col[OP], 0, 16), rep = atoi(col[REP]);
    int reg = lowest(atoi(col[REG])), rm = atoi(col[RM]) == 16 ? 4 : lowest(atoi(col[RM])), pp = lowest(atoi(col[PP]));
    int vvvv = atoi(col[VV]) ? 15 : 12;
    memset(p, 0, 32);
    if (space == 0) {
        if (!allows(LOCK, 0) && atoi(col[LOCK]) == 1) p[n++] = 0xF0;
        if (!(rep & 1)) p[n++] = rep & 8 ? 0xF3 : 0xF2;
        if (osz) p[n++] = 0x66;
        if (w) p[n++] = 0x48;
        if (map) p[n++] = 0x0F;
        if (map == 2) p[n++] = 0x38;
        if (map == 3) p[n++] = 0x3A;
        if (map == 15) { p[n++] = 0x0F; p[n++] = reg << 3 | rm; p[n++] = op; return n; }
    } else if (space == 1) {
        p[n++] = 0xC4; p[n++] = 0xE0 | map; p[n++] = w << 7 | vvvv << 3 | l << 2 | pp;
    } else if (space == 3) {
        p[n++] = 0x8F; p[n++] = 0xE0 | map; p[n++] = w << 7 | vvvv << 3 | l << 2 | pp;
    } else {
        p[n++] = 0x62; p[n++] = 0xF0 | map; p[n++] = w << 7 | vvvv << 3 | 4 | pp;
        p[n++] = l << 5 | (allows(B, 0) ? 0 : 0x10) | 8 | (allows(MASK, 0) ? 0 : 1);
    }
    p[n++] = op;
    p[n++] = reg << 3 | rm;
    if (rm == 4) p[n++] = 0x20;
    return n + 8;
}

// ask gives the bytes of the memory operand and adds to *actions (1 reads, 2 writes), or -1 if Zydis does not know the encoding.
static int ask(int w, int l, int osz, int *actions) {
    unsigned char code[32];
    ZydisDecodedInstruction in;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    int n = build(code, w, l, osz);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, n < 15 ? n : 15, &in, ops))) return -1;
    for (int i = 0; i < in.operand_count; i++) {
        if (ops[i].type != ZYDIS_OPERAND_TYPE_MEMORY || ops[i].visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT) continue;
        if (ops[i].mem.type == ZYDIS_MEMOP_TYPE_AGEN || ops[i].mem.type == ZYDIS_MEMOP_TYPE_MIB) return 0;
        if (ops[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ) *actions |= 1;
        if (ops[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) *actions |= 2;
        return ops[i].mem.type == ZYDIS_MEMOP_TYPE_VSIB ? ops[i].element_size / 8 : ops[i].size / 8;
    }
    return 0;
}

// describe writes the size as a function of W, L and the operand-size prefix, or returns 0 if none of the known ones fits.
static int describe(int size[2][4][2], char *out) {
    int first = -1, constant = 1, byL = 1, byW = 1, byO = 1;
    for (int w = 0; w < 2; w++) for (int l = 0; l < 4; l++) for (int o = 0; o < 2; o++) {
        int s = size[w][l][o];
        if (s < 0) continue;
        if (first < 0) first = s;
        if (s != first) constant = 0;
    }
    if (first < 0) return 0;
    if (constant) return sprintf(out, "%d", first);
    int baseL = -1, baseW = -1;
    for (int w = 0; w < 2; w++) for (int l = 0; l < 4; l++) for (int o = 0; o < 2; o++) {
        int s = size[w][l][o];
        if (s < 0) continue;
        if (baseL < 0) baseL = s >> l;
        if (baseW < 0) baseW = s >> w;
        if (s != baseL << l) byL = 0;
        if (s != baseW << w) byW = 0;
        if (s != (w ? 8 : o ? 2 : 4)) byO = 0;
    }
    if (byL) return sprintf(out, "L%d", baseL);
    if (byW) return sprintf(out, "W%d", baseW);
    if (byO) return sprintf(out, "O");
    return 0;
}

int main(void) {
    char line[512];
    int unknown = 0, odd = 0;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    printf("#space\tmap\top\tpp\tw\tl\treg\trep\tosz\ticlass\taccess\tbytes\n");
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == '#') continue;
        char *s = line;
        for (int i = 0; i < COLUMNS; i++) col[i] = strsep(&s, "\t\n");
        if (!(atoi(col[MOD]) & 7)) continue;
        int size[2][4][2], actions = 0, space = atoi(col[SPACE]);
        for (int w = 0; w < 2; w++) for (int l = 0; l < 4; l++) for (int o = 0; o < 2; o++) {
            int fits = allows(WW, w) && (space ? allows(LL, l) && l < (space == 2 ? 3 : 2) && o == 0 : l == 0 && allows(OSZ, o));
            size[w][l][o] = fits ? ask(w, l, o, &actions) : -1;
        }
        char text[32];
        if (!describe(size, text)) {
            int any = 0;
            for (int i = 0; i < 16; i++) any |= ((int *)size)[i] >= 0;
            if (!any) { unknown++; continue; }
            odd++; // PUSH, POP, the x87 environment, VMOVDDUP: the plain form's size is near enough
            sprintf(text, "%d", size[0][0][0]);
        }
        if (!actions || !strcmp(text, "0")) continue;
        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", col[SPACE], col[MAP], col[OP], col[PP], col[WW], col[LL], col[REG], col[REP],
               col[OSZ], col[ICLASS], actions == 1 ? "r" : actions == 2 ? "w" : "rw", text);
    }
    fprintf(stderr, "%d rows unknown to Zydis, %d odd\n", unknown, odd);
    return 0;
}
