integer function f(a, b)
  integer, intent(in) :: a, b
  f = a * 1000 + b + 7
end function
