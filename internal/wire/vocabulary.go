package wire

import "reflect"

// Vocabulary lists the words of each type that has a closed list of them.
func Vocabulary() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[VerifyStatus](): texts(verifyStatuses()),
		reflect.TypeFor[Integrity]():    texts(integrities()),
		reflect.TypeFor[StopReason]():   texts(stopReasons()),
		reflect.TypeFor[CallMode]():     texts(callModes()),
		reflect.TypeFor[CacheState]():   texts(cacheStates()),
		reflect.TypeFor[PageSize]():     texts(pageSizes()),
		reflect.TypeFor[Kind]():         texts(kinds()),
		reflect.TypeFor[ABIName]():      texts(abiNames()),
		reflect.TypeFor[Extreme]():      texts(Extremes()),
		reflect.TypeFor[FailureKind]():  texts(failureKinds()),
		reflect.TypeFor[Role]():         texts(Roles()),
		reflect.TypeFor[Verdict]():      texts(verdicts()),
		reflect.TypeFor[Effort]():       texts(efforts()),
		reflect.TypeFor[Source]():       texts(sources()),
		reflect.TypeFor[Class]():        texts(classes()),
		reflect.TypeFor[LayerName]():    texts(LayerNames()),
		reflect.TypeFor[ProfileBy]():    texts(ProfileWays()),
	}
}

func classes() (list []Class) {
	for _, i := range Classes {
		list = append(list, i.Class)
	}
	return list
}

func texts[W ~string](list []W) (words []string) {
	for _, w := range list {
		words = append(words, string(w))
	}
	return words
}
