public int f (int a, int b) { return a * 1000 + b + 7; }
