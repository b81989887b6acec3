// COMDAT groups, virtual tables, exceptions, constructors, unique symbols.
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

template <class T> struct Holder {
	static T count;
	T get() { static T first = T(17); return first += ++count; }
};
template <class T> T Holder<T>::count = T(3);

struct Shape { virtual ~Shape() {} virtual double area() const = 0; };
struct Circle : Shape { double r = 1; double area() const override { return 3.14159 * r * r; } };
struct Square : Shape { double a = 2; double area() const override { return a * a; } };

static std::string constructed = "made before main";
thread_local std::vector<int> per_thread;

double total(const std::vector<Shape *> &v) {
	double sum = 0;
	for (auto *s : v) sum += s->area();
	return sum;
}

Shape *make(int i) { if (i) return new Circle; return new Square; }

int guarded(int i) {
	try {
		if (i < 0) throw std::runtime_error(constructed);
		return Holder<int>().get() + (int)Holder<double>().get() + (int)per_thread.size();
	} catch (const std::exception &e) {
		return e.what()[0];
	}
}
