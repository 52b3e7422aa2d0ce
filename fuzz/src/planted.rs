//! A fault that only somebody finds who sees which comparisons the code makes.

/// Refuses the inputs that begin with the name of the fault. As one number, it is compared at once, so that chance finds it in
/// no run.
pub fn check(data: &[u8]) {
    let bytes = super::bounded(|| data.to_vec());
    let Some(begin) = bytes.first_chunk() else {
        return;
    };
    let fault = u64::from_le_bytes(*b"planted!");
    assert!(u64::from_le_bytes(*begin) != fault, "the planted fault");
}
