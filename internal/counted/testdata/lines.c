/* gcc -g -O1 -fno-inline -fcf-protection=none -ffunction-sections -fdebug-prefix-map="$PWD"=. -c lines.c */
unsigned long twice(unsigned long n);

unsigned long playground(unsigned long n)
{
	unsigned long sum = 0;
	while (n-- > 0)
		sum += twice(n);
	return sum;
}

unsigned long twice(unsigned long n)
{
	return n + n;
}
