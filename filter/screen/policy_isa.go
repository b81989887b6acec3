package screen

// ruleOf gives the rule of an instruction. An ISA set that isRefused does not name and an iclass that iclassRules does not name are
// allowed; ring-0 forms are privileged whatever else is said. The table itself is the allow-list: what it lacks is refused as unknown,
// and a test requires that every ISA set has been classified here.
func ruleOf(r *row) rule {
	if x := iclassRules[r.iclass]; x != allowed {
		return x
	}
	if x := isaRules[r.isa]; x != allowed {
		return x
	}
	if r.ring0 {
		return rulePrivileged
	}
	return allowed
}

// isaRules are the ISA sets of which no instruction belongs into a kernel, and the soft ones.
var isaRules = [isaCount]rule{
	isaAMD_INVLPGB:         rulePrivileged,
	isaAPX_F_ENQCMD:        ruleDevice,
	isaAPX_F_INVPCID:       rulePrivileged,
	isaAPX_F_MSR_IMM:       ruleMSR,
	isaAPX_F_USER_MSR:      ruleMSR,
	isaAPX_F_VMX:           ruleVirtualization,
	isaCLDEMOTE:            softCache,
	isaCLFLUSHOPT:          softCache,
	isaCLFSH:               softCache,
	isaCLWB:                softCache,
	isaENQCMD:              ruleDevice,
	isaFRED:                ruleReturn,
	isaHRESET:              rulePrivileged,
	isaICACHE_PREFETCH:     softPrefetch,
	isaINVPCID:             rulePrivileged,
	isaLKGS:                ruleSegmentBase,
	isaLWP:                 ruleProfiling,
	isaMCOMMIT:             softCache,
	isaMONITOR:             ruleWait,
	isaMONITORX:            ruleWait,
	isaMSRLIST:             ruleMSR,
	isaMSR_IMM:             ruleMSR,
	isaPBNDKB:              rulePrivileged,
	isaPCONFIG:             rulePrivileged,
	isaPPRO_UD0_LONG:       ruleUndefined,
	isaPTWRITE:             ruleProfiling,
	isaRDPID:               softClock,
	isaRDPMC:               softClock,
	isaRDPRU:               softClock,
	isaRDRAND:              softRandom,
	isaRDSEED:              softRandom,
	isaRDTSCP:              softClock,
	isaRTM:                 softTransaction,
	isaSGX:                 ruleEnclave,
	isaSGX_ENCLV:           ruleEnclave,
	isaSMAP:                rulePrivileged,
	isaSMX:                 ruleEnclave,
	isaSNP:                 ruleVirtualization,
	isaSVM:                 ruleVirtualization,
	isaTDX:                 ruleHypercall,
	isaTSX_LDTRK:           softTransaction,
	isaUINTR:               ruleUserInterrupt,
	isaUSER_MSR:            ruleMSR,
	isaVIA_PADLOCK_AES:     ruleVendor,
	isaVIA_PADLOCK_MONTMUL: ruleVendor,
	isaVIA_PADLOCK_RNG:     ruleVendor,
	isaVIA_PADLOCK_SHA:     ruleVendor,
	isaVMFUNC:              ruleHypercall,
	isaVTX:                 ruleVirtualization,
	isaWAITPKG:             ruleWait,
	isaWBNOINVD:            rulePrivileged,
	isaWRMSRNS:             ruleMSR,
	isaXSAVES:              ruleRestore,
}

// iclassRules are the instructions that are refused or noted while the rest of their ISA set is plain, or that have a better word than it.
var iclassRules = [icCount]rule{
	icSYSCALL:  ruleSystemCall,
	icSYSENTER: ruleSystemCall,

	icINT:  ruleInterrupt,
	icINT1: ruleInterrupt,

	icIRET:     ruleReturn,
	icIRETD:    ruleReturn,
	icIRETQ:    ruleReturn,
	icRSM:      ruleReturn,
	icSYSEXIT:  ruleReturn,
	icSYSRET:   ruleReturn,
	icSYSRET64: ruleReturn,

	icCALL_FAR: ruleFar,
	icJMP_FAR:  ruleFar,
	icRET_FAR:  ruleFar,

	icIN:        rulePort,
	icINSB:      rulePort,
	icINSD:      rulePort,
	icINSW:      rulePort,
	icOUT:       rulePort,
	icOUTSB:     rulePort,
	icOUTSD:     rulePort,
	icOUTSW:     rulePort,
	icREP_INSB:  rulePort,
	icREP_INSD:  rulePort,
	icREP_INSW:  rulePort,
	icREP_OUTSB: rulePort,
	icREP_OUTSD: rulePort,
	icREP_OUTSW: rulePort,

	icCLI: rulePrivileged,
	icSTI: rulePrivileged,

	icCLTS:   ruleControlRegister,
	icLMSW:   ruleControlRegister,
	icMOV_CR: ruleControlRegister,
	icMOV_DR: ruleControlRegister,
	icSMSW:   ruleControlRegister,
	icXSETBV: ruleControlRegister,

	icRDMSR: ruleMSR,
	icWRMSR: ruleMSR,

	icLAR:  ruleDescriptor,
	icLGDT: ruleDescriptor,
	icLIDT: ruleDescriptor,
	icLLDT: ruleDescriptor,
	icLSL:  ruleDescriptor,
	icLTR:  ruleDescriptor,
	icSGDT: ruleDescriptor,
	icSIDT: ruleDescriptor,
	icSLDT: ruleDescriptor,
	icSTR:  ruleDescriptor,
	icVERR: ruleDescriptor,
	icVERW: ruleDescriptor,

	icLFS: ruleSegmentRegister,
	icLGS: ruleSegmentRegister,
	icLSS: ruleSegmentRegister,

	icMOV_SEG_LOAD: ruleSegmentRegister,
	icPOP_SEG:      ruleSegmentRegister,

	icSWAPGS:   ruleSegmentBase,
	icWRFSBASE: ruleSegmentBase,
	icWRGSBASE: ruleSegmentBase,
	icRDFSBASE: softSegmentRead,
	icRDGSBASE: softSegmentRead,

	icPOPF:  ruleFlags,
	icPOPFQ: ruleFlags,

	icWRPKRU: rulePkey,

	icXRSTOR:   ruleRestore,
	icXRSTOR64: ruleRestore,

	icVMCALL:  ruleHypercall,
	icVMMCALL: ruleHypercall,

	icENCLU: ruleEnclave,

	icCLRSSBSY:    ruleShadowStack,
	icINCSSPD:     ruleShadowStack,
	icINCSSPQ:     ruleShadowStack,
	icRSTORSSP:    ruleShadowStack,
	icSAVEPREVSSP: ruleShadowStack,
	icSETSSBSY:    ruleShadowStack,
	icWRSSD:       ruleShadowStack,
	icWRSSQ:       ruleShadowStack,
	icWRUSSD:      ruleShadowStack,
	icWRUSSQ:      ruleShadowStack,

	icUD0: ruleUndefined,
	icUD1: ruleUndefined,
	icUDB: ruleUndefined,

	icCPUID:  softProbe,
	icXGETBV: softProbe,
	icRDTSC:  softClock,
	icINT3:   softTrap,
	icUD2:    softTrap,
}
