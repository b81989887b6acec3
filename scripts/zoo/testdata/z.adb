package body Z is
   function F (A, B : int) return int is
   begin
      return A * 1000 + B + 7;
   end F;
end Z;
