package z

func F(a, b int32) int32 { return a*1000 + b + 7 }
