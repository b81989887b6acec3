# playground(rdi = iterations): that many dependent imul, 3 cycles each on
# every x86-64 core since Nehalem and Zen.
	.include "chain.inc"
	chain	playground, imul rax, rax
