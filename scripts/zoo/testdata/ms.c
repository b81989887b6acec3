__attribute__((ms_abi)) int f(int a, int b) { return a * 1000 + b + 7; }
