//! The versions to be said in the worker's first line, as Cargo.lock has them.

use std::fs;

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock").expect("Cargo.lock is beside build.rs");
    println!("cargo:rustc-env=OXIMG_VERSION={}", version_of("oximg", &lock));
    println!("cargo:rustc-env=LIBWEBP_SYS_VERSION={}", version_of("libwebp-sys", &lock));
    println!("cargo:rustc-env=JPEGLI_SYS_VERSION={}", version_of("jpegli-sys", &lock));
}

fn version_of<'lock>(name: &str, lock: &'lock str) -> &'lock str {
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, entry)| entry);
    let version = entry.and_then(|entry| entry.split_once('"')).map(|(version, _)| version);
    version.unwrap_or_else(|| panic!("Cargo.lock says no version of {name}"))
}
