# playground(rdi = iterations): that many dependent add, 1 cycle each. The
# operands are registers: some cores fold an add of a constant into renaming.
	.include "chain.inc"
	chain	playground, add rax, rax
