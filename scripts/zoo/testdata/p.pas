unit p;
interface
function f(a, b: longint): longint; cdecl;
implementation
function f(a, b: longint): longint; cdecl; [public, alias: 'f'];
begin
  f := a * 1000 + b + 7;
end;
end.
