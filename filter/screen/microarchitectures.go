package screen

// microarchitecture is what one adds to another.
type microarchitecture struct {
	name, base string
	adds       string // names of features, as in the features table
}

// microarchitectures follows GCC 14's i386.h (PTA_*), which a test checks against the installed compiler's macros; the four levels are
// those of the psABI, section 3.1.1. Features that no instruction of user code depends on are left out.
var microarchitectures = [...]microarchitecture{
	{"x86-64", "", "X87 MMX CMOV FXSR LM SEP CLFSH SSE SSE2"},
	{"x86-64-v2", "x86-64", "CX16 LAHF_SAHF POPCNT SSE3 SSSE3 SSE4.1 SSE4.2"},
	{"x86-64-v3", "x86-64-v2", "AVX AVX2 BMI1 BMI2 F16C FMA LZCNT MOVBE XSAVE OSXSAVE"},
	{"x86-64-v4", "x86-64-v3", "AVX512F AVX512BW AVX512CD AVX512DQ AVX512VL"},

	{"nocona", "x86-64", "SSE3 CX16"},
	{"core2", "nocona", "SSSE3 LAHF_SAHF"},
	{"nehalem", "core2", "SSE4.1 SSE4.2 POPCNT RDTSCP"},
	{"westmere", "nehalem", "PCLMULQDQ"},
	{"sandybridge", "westmere", "AVX XSAVE OSXSAVE XSAVEOPT"},
	{"ivybridge", "sandybridge", "FSGSBASE RDRAND F16C"},
	{"haswell", "ivybridge", "AVX2 BMI1 BMI2 LZCNT FMA MOVBE INVPCID"},
	{"broadwell", "haswell", "ADX RDSEED"},
	{"skylake", "broadwell", "AES CLFLUSHOPT XSAVEC XSAVES"},
	{"skylake-avx512", "skylake", "AVX512F AVX512CD AVX512VL AVX512BW AVX512DQ PKU OSPKU CLWB"},
	{"cascadelake", "skylake-avx512", "AVX512_VNNI"},
	{"cooperlake", "cascadelake", "AVX512_BF16"},
	{"cannonlake", "skylake", "AVX512F AVX512CD AVX512VL AVX512BW AVX512DQ PKU OSPKU AVX512_VBMI AVX512_IFMA SHA"},
	{"icelake-client", "cannonlake", "AVX512_VNNI GFNI VAES AVX512_VBMI2 VPCLMULQDQ AVX512_BITALG RDPID AVX512_VPOPCNTDQ"},
	{"icelake-server", "icelake-client", "PCONFIG WBNOINVD CLWB"},
	{"rocketlake", "icelake-client", ""},
	{"tigerlake", "icelake-client", "MOVDIRI MOVDIR64B CLWB AVX512_VP2INTERSECT KLSUPPORTED KLENABLED KLWIDE"},
	{"sapphirerapids", "icelake-server", "MOVDIRI MOVDIR64B ENQCMD WAITPKG SERIALIZE TSX_LDTRK AMX_TILE AMX_INT8 AMX_BF16 UINTR " +
		"AVX_VNNI AVX512_FP16 AVX512_BF16"},
	{"emeraldrapids", "sapphirerapids", ""},
	{"graniterapids", "sapphirerapids", "AMX_FP16"},
	{"graniterapids-d", "graniterapids", "AMX_COMPLEX"},
	{"diamondrapids", "graniterapids-d", "AVX_IFMA AVX_NE_CONVERT AVX_VNNI_INT8 AVX_VNNI_INT16 CMPCCXADD SHA512 SM3 SM4 USER_MSR AVX10 AVX10.2 " +
		"APX_F APX_NCI_NDD_NF AMX_AVX512 AMX_FP8 AMX_MOVRS MOVRS"},

	{"alderlake", "tremont", "ADX AVX AVX2 BMI1 BMI2 F16C FMA LZCNT INVPCID PCONFIG PKU OSPKU VAES VPCLMULQDQ SERIALIZE HRESET " +
		"KLSUPPORTED KLENABLED KLWIDE AVX_VNNI"},
	{"raptorlake", "alderlake", ""},
	{"meteorlake", "alderlake", ""},
	{"gracemont", "alderlake", ""},
	{"sierraforest", "alderlake", "AVX_IFMA AVX_VNNI_INT8 AVX_NE_CONVERT CMPCCXADD ENQCMD UINTR"},
	{"grandridge", "sierraforest", ""},
	{"clearwaterforest", "sierraforest", "AVX_VNNI_INT16 SHA512 SM3 SM4 USER_MSR"},
	{"arrowlake", "alderlake", "AVX_IFMA AVX_VNNI_INT8 AVX_NE_CONVERT CMPCCXADD UINTR"},
	{"arrowlake-s", "arrowlake", "AVX_VNNI_INT16 SHA512 SM3 SM4"},
	{"lunarlake", "arrowlake-s", ""},
	{"pantherlake", "arrowlake-s", ""},

	{"bonnell", "core2", "MOVBE"},
	{"silvermont", "westmere", "MOVBE RDRAND"},
	{"goldmont", "silvermont", "AES SHA RDSEED XSAVE OSXSAVE XSAVEC XSAVES XSAVEOPT CLFLUSHOPT FSGSBASE"},
	{"goldmont-plus", "goldmont", "RDPID SGX"},
	{"tremont", "goldmont-plus", "MOVDIRI MOVDIR64B WAITPKG GFNI CLWB"},
	{"knl", "broadwell", "AES AVX512F AVX512CD AVX512ER AVX512PF"},
	{"knm", "knl", "AVX512_4FMAPS AVX512_4VNNIW AVX512_VPOPCNTDQ"},

	{"k8", "x86-64", "3DNOW"},
	{"k8-sse3", "k8", "SSE3 CX16"},
	{"amdfam10", "k8-sse3", "SSE4A LZCNT POPCNT LAHF_SAHF RDTSCP"},
	{"bdver1", "x86-64-v2", "SSE4A LZCNT AES PCLMULQDQ AVX FMA4 XOP LWP XSAVE OSXSAVE RDTSCP"},
	{"bdver2", "bdver1", "BMI1 TBM F16C FMA"},
	{"bdver3", "bdver2", "FSGSBASE XSAVEOPT"},
	{"bdver4", "bdver3", "AVX2 BMI2 RDRAND MOVBE MONITORX"},
	{"btver1", "x86-64", "SSE3 SSSE3 SSE4A LZCNT POPCNT CX16 LAHF_SAHF RDTSCP"},
	{"btver2", "btver1", "SSE4.1 SSE4.2 AVX AES PCLMULQDQ BMI1 F16C MOVBE XSAVE OSXSAVE XSAVEOPT"},
	{"znver1", "x86-64-v3", "SSE4A AES PCLMULQDQ ADX RDSEED RDRAND FSGSBASE MONITORX SHA CLZERO XSAVEC XSAVES XSAVEOPT CLFLUSHOPT RDTSCP"},
	{"znver2", "znver1", "CLWB RDPID WBNOINVD RDPRU MCOMMIT"},
	{"znver3", "znver2", "VAES VPCLMULQDQ PKU OSPKU INVPCID"},
	{"znver4", "znver3", "AVX512F AVX512CD AVX512BW AVX512DQ AVX512VL AVX512_IFMA AVX512_VBMI AVX512_VBMI2 AVX512_VNNI AVX512_BITALG " +
		"AVX512_VPOPCNTDQ AVX512_BF16 GFNI"},
	{"znver5", "znver4", "AVX_VNNI MOVDIRI MOVDIR64B AVX512_VP2INTERSECT"},
}
