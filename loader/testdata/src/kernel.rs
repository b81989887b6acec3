//! A kernel as Rust users write it: bounds checks, panics, statics, traits.
#![crate_type = "lib"]

use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(3);
static TABLE: [f32; 5] = [1.0, 2.0, 3.0, 4.0, 5.0];

#[no_mangle]
pub extern "C" fn sdot(n: usize, x: *const f32, y: *const f32) -> f32 {
    let (x, y) = unsafe { (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts(y, n)) };
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

#[no_mangle]
pub extern "C" fn checked(i: usize) -> f32 {
    COUNT.fetch_add(1, Ordering::Relaxed);
    TABLE[i] + TABLE[i * 3]
}

pub trait Shape {
    fn area(&self) -> f64;
}
pub struct Circle(f64);
pub struct Square(f64);
impl Shape for Circle {
    fn area(&self) -> f64 {
        self.0 * self.0 * 3.14159
    }
}
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

#[no_mangle]
pub fn total(v: &[Box<dyn Shape>]) -> f64 {
    v.iter().map(|s| s.area()).sum()
}

#[no_mangle]
pub fn text(i: i32) -> String {
    match i {
        0 => "zero".to_string(),
        1 => format!("{:>8}", i),
        2 => "two".repeat(i as usize),
        _ => panic!("{} is too many", i),
    }
}

thread_local!(static LOCAL: std::cell::Cell<u32> = std::cell::Cell::new(1));

#[no_mangle]
pub fn local() -> u32 {
    LOCAL.with(|l| l.get())
}
