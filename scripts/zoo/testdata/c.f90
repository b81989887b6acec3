function f(a, b) bind(c) result(r)
  use iso_c_binding
  integer(c_int), value :: a, b
  integer(c_int) :: r
  r = a * 1000 + b + 7
end function
