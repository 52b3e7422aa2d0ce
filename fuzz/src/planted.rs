//! A fault that only somebody finds who sees which comparisons the code makes.

/// Refuses the inputs that begin with the name of the fault.
pub fn check(data: &[u8]) {
    let bytes = super::bounded(|| data.to_vec());
    let fault = b"planted!";
    let begun = fault.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
    assert!(begun < fault.len(), "the planted fault");
}
