proc f(a, b: cint): cint {.exportc, cdecl.} = a * 1000 + b + 7
