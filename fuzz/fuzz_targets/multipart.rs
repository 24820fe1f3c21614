#![no_main]

#[path = "../../server/src/api/uploads/decoding.rs"]
mod decoding;
#[path = "../oracles/multipart.rs"]
mod oracle;
#[path = "../../server/src/api/uploads/reading.rs"]
#[expect(dead_code, reason = "nothing is too slow here")]
mod reading;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts what is allocated, so that a form that makes the reader gather it is seen.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it only counts; the system's allocator does the rest.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(held, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    oracle::holds(input, |limits, reading| {
        let before = HELD.load(Relaxed);
        MOST.store(before, Relaxed);
        reading();
        let most = MOST.load(Relaxed) - before;
        // Buffers double, and a text is there twice while it becomes a string; the rest is headers and the executor.
        let allowed = 4 * (limits.unclaimed + limits.piece + limits.text) + 64 * 1024;
        assert!(most <= allowed, "{most} bytes were held where {allowed} may be");
    });
});
