//! Decompression of a point of the curve P-384.
//!
//! The AWS Encryption SDK writes its verification keys in the short form of SEC 1, section 2.3.3: one byte that
//! says whether `y` is odd, then `x`. ring takes only the long form (`04 || x || y`), so `y` is computed here:
//! `y² = x³ − 3x + b`, and because `p ≡ 3 (mod 4)` a root of a square `v` is `v^((p+1)/4)`.
//!
//! Everything here is public data: the arithmetic is not constant-time and must never see a secret.

/// Bytes of a compressed point: the parity byte and `x`.
pub(super) const COMPRESSED: usize = 1 + COORDINATE;
/// Bytes of an uncompressed point: `04`, `x` and `y`.
pub(super) const UNCOMPRESSED: usize = 1 + 2 * COORDINATE;

const COORDINATE: usize = 48;

/// Six 64-bit limbs, the least significant first.
type Limbs = [u64; 6];

/// The field's prime, `2^384 − 2^128 − 2^96 + 2^32 − 1` (SEC 2, section 2.5.1).
const P: Limbs = [
    0xffff_ffff,
    0xffff_ffff_0000_0000,
    u64::MAX - 1,
    u64::MAX,
    u64::MAX,
    u64::MAX,
];
/// The curve's constant `b` (SEC 2, section 2.5.1).
const B: Limbs = [
    0x2a85_c8ed_d3ec_2aef,
    0xc656_398d_8a2e_d19d,
    0x0314_088f_5013_875a,
    0x181d_9c6e_fe81_4112,
    0x988e_056b_e3f8_2d19,
    0xb331_2fa7_e23e_e7e4,
];
/// `2^768 mod p`: takes a number into Montgomery form.
const R_SQUARED: Limbs = [
    0xffff_fffe_0000_0001,
    0x0000_0002_0000_0000,
    0xffff_fffe_0000_0000,
    0x0000_0002_0000_0000,
    1,
    0,
];
/// `−p⁻¹ mod 2^64`.
const MINUS_P_INVERSE: u64 = 0x0000_0001_0000_0001;
const ONE: Limbs = [1, 0, 0, 0, 0, 0];
const ZERO: Limbs = [0; 6];

/// The uncompressed form of `point`, or nothing when no point of the curve is written so: another first byte than
/// `02` or `03`, an `x` that is not below `p`, or an `x` at which the curve has no point.
pub(super) fn decompress(point: &[u8; COMPRESSED]) -> Option<[u8; UNCOMPRESSED]> {
    let [parity @ (2 | 3), x_bytes @ ..] = point else {
        return None;
    };
    let x = from_bytes(x_bytes);
    if !is_below(&x, &P) {
        return None;
    }

    let x_mont = multiply(&x, &R_SQUARED);
    let cube = multiply(&multiply(&x_mont, &x_mont), &x_mont);
    let three_x = add(&add(&x_mont, &x_mont), &x_mont);
    let square = add(&subtract(&cube, &three_x), &multiply(&B, &R_SQUARED));
    let root = square_root(&square);
    if multiply(&root, &root) != square {
        return None;
    }

    let y = multiply(&root, &ONE);
    let [lowest, ..] = y;
    let y = if lowest & 1 == u64::from(parity & 1) {
        y
    } else {
        subtract(&ZERO, &y)
    };

    let mut uncompressed = [4; UNCOMPRESSED];
    for (out, byte) in uncompressed
        .iter_mut()
        .skip(1)
        .zip(x_bytes.iter().copied().chain(to_bytes(&y)))
    {
        *out = byte;
    }
    Some(uncompressed)
}

/// `square^((p+1)/4)`, in Montgomery form: a root, if there is one.
///
/// The exponent is `2^382 − 2^126 − 2^94 + 2^30`, in binary 255 ones, a zero, 32 ones, 63 zeros, a one and 30 zeros.
/// `ones_n` is `square` to the power of `n` ones.
fn square_root(square: &Limbs) -> Limbs {
    let twice_and_one = |ones: &Limbs, length| {
        let twice = multiply(&square_times(ones, length), ones);
        multiply(&square_times(&twice, 1), square)
    };
    let ones_3 = twice_and_one(square, 1);
    let ones_7 = twice_and_one(&ones_3, 3);
    let ones_15 = twice_and_one(&ones_7, 7);
    let ones_31 = twice_and_one(&ones_15, 15);
    let ones_32 = multiply(&square_times(&ones_31, 1), square);
    let ones_63 = twice_and_one(&ones_31, 31);
    let ones_127 = twice_and_one(&ones_63, 63);
    let ones_255 = twice_and_one(&ones_127, 127);

    let upper = multiply(&square_times(&ones_255, 33), &ones_32);
    square_times(&multiply(&square_times(&upper, 64), square), 30)
}

fn square_times(number: &Limbs, times: u32) -> Limbs {
    (0..times).fold(*number, |number, _| multiply(&number, &number))
}

/// Montgomery's product `a · b / 2^384 mod p`, limb by limb; `a` and `b` below `p`.
fn multiply(a: &Limbs, b: &Limbs) -> Limbs {
    let mut sum = ZERO;
    // The part of the running sum above 2^384: at most one bit, since the sum stays below 2p.
    let mut top = 0;
    for &factor in a {
        let (scaled, high) = multiply_add(&sum, factor, b);
        let reduction = scaled[0].wrapping_mul(MINUS_P_INVERSE);
        let (mut reduced, reduced_high) = multiply_add(&scaled, reduction, &P);
        // The lowest limb is zero by the choice of `reduction`: dividing by 2^64 is dropping it.
        reduced.rotate_left(1);
        let above = u128::from(top) + u128::from(high) + u128::from(reduced_high);
        reduced[5] = above as u64;
        top = (above >> 64) as u64;
        sum = reduced;
    }
    reduce_once(&sum, top != 0)
}

/// `sum + factor · number`, and the limb that is carried out.
fn multiply_add(sum: &Limbs, factor: u64, number: &Limbs) -> (Limbs, u64) {
    let mut carry = 0;
    let mut result = *sum;
    for (out, &limb) in result.iter_mut().zip(number) {
        let wide = u128::from(factor) * u128::from(limb) + u128::from(*out) + u128::from(carry);
        *out = wide as u64;
        carry = (wide >> 64) as u64;
    }
    (result, carry)
}

/// `a + b mod p`; both below `p`.
fn add(a: &Limbs, b: &Limbs) -> Limbs {
    let (sum, carry) = multiply_add(a, 1, b);
    reduce_once(&sum, carry != 0)
}

/// `a − b mod p`; both below `p`.
fn subtract(a: &Limbs, b: &Limbs) -> Limbs {
    let (difference, borrow) = borrowing_subtract(a, b);
    if borrow {
        multiply_add(&difference, 1, &P).0
    } else {
        difference
    }
}

/// Takes a number below `2p`, whose bit 384 is `carry`, below `p`.
fn reduce_once(number: &Limbs, carry: bool) -> Limbs {
    if carry || !is_below(number, &P) {
        borrowing_subtract(number, &P).0
    } else {
        *number
    }
}

fn is_below(a: &Limbs, b: &Limbs) -> bool {
    borrowing_subtract(a, b).1
}

/// `a − b mod 2^384`, and whether `b` is the greater one.
fn borrowing_subtract(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let mut borrow = false;
    let mut result = *a;
    for (out, &limb) in result.iter_mut().zip(b) {
        let (difference, first) = out.overflowing_sub(limb);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        *out = difference;
        borrow = first || second;
    }
    (result, borrow)
}

fn from_bytes(bytes: &[u8; COORDINATE]) -> Limbs {
    let mut limbs = ZERO;
    let (chunks, _) = bytes.as_chunks::<8>();
    for (limb, chunk) in limbs.iter_mut().zip(chunks.iter().rev()) {
        *limb = u64::from_be_bytes(*chunk);
    }
    limbs
}

fn to_bytes(limbs: &Limbs) -> impl Iterator<Item = u8> + '_ {
    limbs.iter().rev().flat_map(|limb| limb.to_be_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::disallowed_methods,
        reason = "signers of test messages need randomness"
    )]

    use ring::{
        rand::SystemRandom,
        signature::{
            ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
            UnparsedPublicKey,
        },
    };

    use super::*;

    /// The generator of the curve (SEC 2, section 2.5.1) and its next three multiples.
    const MULTIPLES: [(&str, &str); 4] = [
        (
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        ),
        (
            "08d999057ba3d2d969260045c55b97f089025959a6f434d651d207d19fb96e9e4fe0e86ebe0e64f85b96a9c75295df61",
            "8e80f1fa5b1b3cedb7bfe8dffd6dba74b275d875bc6cc43e904e505f256ab4255ffd43e94d39e22d61501e700a940e80",
        ),
        (
            "077a41d4606ffa1464793c7e5fdc7d98cb9d3910202dcd06bea4f240d3566da6b408bbae5026580d02d7e5c70500c831",
            "c995f7ca0b0c42837d0bbe9602a9fc998520b41c85115aa5f7684c0edc111eacc24abd6be4b5d298b65f28600a2f1df1",
        ),
        (
            "138251cd52ac9298c1c8aad977321deb97e709bd0b4ca0aca55dc8ad51dcfc9d1589a1597e3a5120e1efd631c63e1835",
            "cacae29869a62e1631e8a28181ab56616dc45d918abc09f3ab0e63cf792aa4dced7387be37bba569549f1c02b270ed67",
        ),
    ];

    /// Bit `x` is set when the curve has a point at `x` (Euler's criterion, computed with other software).
    const ON_CURVE_BELOW_64: u64 = 0xb67a_40da_bd32_bc0d;
    /// The same for `p − 1 − i`, `i` in `0..8`.
    const ON_CURVE_BELOW_P: [bool; 8] = [true, false, true, true, false, false, false, true];

    #[test]
    fn known_points() {
        for (x, y) in MULTIPLES {
            let (x, y) = (hex(x), hex(y));
            let expected = [&[4][..], &x, &y].concat();
            assert_eq!(
                decompress(&compressed(2 + (y[47] & 1), &x)).unwrap().as_slice(),
                expected
            );
        }
    }

    #[test]
    fn the_other_parity_is_the_other_root() {
        for (x, y) in MULTIPLES {
            let (x, y) = (hex(x), hex(y));
            let other = decompress(&compressed(3 - (y[47] & 1), &x)).unwrap();
            let negative: [u8; 48] = other[49..].try_into().unwrap();
            assert_eq!(
                add(&from_bytes(&y), &from_bytes(&negative)),
                ZERO,
                "y + (p − y) = 0"
            );
            assert_ne!(y, negative);
        }
    }

    #[test]
    fn x_without_a_point_is_refused() {
        for x in 0..64u8 {
            let mut bytes = [0; 48];
            bytes[47] = x;
            let expected = ON_CURVE_BELOW_64 >> x & 1 == 1;
            assert_eq!(decompress(&compressed(2, &bytes)).is_some(), expected, "x = {x}");
            assert_eq!(decompress(&compressed(3, &bytes)).is_some(), expected, "x = {x}");
        }
    }

    #[test]
    fn x_at_the_end_of_the_field() {
        for (below, expected) in (1..).zip(ON_CURVE_BELOW_P) {
            let x = borrowing_subtract(&P, &[below, 0, 0, 0, 0, 0]).0;
            let bytes: Vec<u8> = to_bytes(&x).collect();
            let point = compressed(3, bytes.as_slice().try_into().unwrap());
            assert_eq!(decompress(&point).is_some(), expected, "x = p − {below}");
        }
    }

    #[test]
    fn x_beyond_the_field_is_refused() {
        // p + x would be the same point as x; there is a point at 0, 2 and 3, none of these may be a second name for it.
        for above in [0, 2, 3] {
            let x = multiply_add(&P, 1, &[above, 0, 0, 0, 0, 0]).0;
            let bytes: Vec<u8> = to_bytes(&x).collect();
            assert_eq!(
                decompress(&compressed(2, bytes.as_slice().try_into().unwrap())),
                None,
                "x = p + {above}"
            );
        }
        assert_eq!(decompress(&compressed(2, &[0xff; 48])), None);
    }

    #[test]
    fn other_first_bytes_are_refused() {
        let x = hex(MULTIPLES[0].0);
        for first in (0..=u8::MAX).filter(|first| !matches!(first, 2 | 3)) {
            assert_eq!(decompress(&compressed(first, &x)), None, "first byte {first:02x}");
        }
    }

    #[test]
    fn generated_keys_come_back_and_verify() {
        let random = SystemRandom::new();
        for round in 0..64 {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &random).unwrap();
            let pair =
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
            let public = pair.public_key().as_ref();
            let short = compressed(2 + (public[96] & 1), public[1..49].try_into().unwrap());
            let long = decompress(&short).unwrap();
            assert_eq!(long.as_slice(), public, "round {round}");

            let signature = pair.sign(&random, b"message").unwrap();
            let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, long);
            key.verify(b"message", signature.as_ref()).unwrap();
        }
    }

    #[test]
    fn arithmetic_at_its_edges() {
        let last = borrowing_subtract(&P, &ONE).0;
        let last_mont = multiply(&last, &R_SQUARED);
        assert_eq!(
            multiply(&multiply(&last_mont, &last_mont), &ONE),
            ONE,
            "(−1)² = 1"
        );
        assert_eq!(add(&last, &ONE), ZERO, "(p − 1) + 1 = 0");
        assert_eq!(
            add(&last, &last),
            borrowing_subtract(&P, &[2, 0, 0, 0, 0, 0]).0,
            "carries out of 384 bits"
        );
        assert_eq!(subtract(&ZERO, &ONE), last, "0 − 1 = p − 1");
        assert_eq!(subtract(&ZERO, &ZERO), ZERO);
        assert!(!is_below(&P, &P));
        assert!(is_below(&last, &P));
    }

    fn compressed(first: u8, x: &[u8; 48]) -> [u8; COMPRESSED] {
        [&[first][..], x].concat().try_into().unwrap()
    }

    fn hex(text: &str) -> [u8; 48] {
        let bytes: Vec<u8> = (0..48)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }
}
