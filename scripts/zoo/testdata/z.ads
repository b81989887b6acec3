with Interfaces.C; use Interfaces.C;
package Z is
   function F (A, B : int) return int;
   pragma Export (C, F, "f");
end Z;
