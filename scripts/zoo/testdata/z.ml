let f a b = a * 1000 + b + 7
