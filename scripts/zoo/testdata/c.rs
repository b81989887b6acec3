#[no_mangle]
pub extern "C" fn f(a: i32, b: i32) -> i32 { a.wrapping_mul(1000).wrapping_add(b).wrapping_add(7) }
