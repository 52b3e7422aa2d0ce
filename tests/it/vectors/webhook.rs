//! What a link for machines holds beside what the JSON of formats 1 and 2 can say.

use super::VECTORS;
use sfn_callback_urls::seal::Untrusted;

#[test]
fn what_a_link_verifies_and_the_secret_of_its_own_are_those_of_the_vector() {
    let (mut verified, mut generated) = (0, 0);
    for (name, vector) in VECTORS.iter().filter(|(name, _)| name.starts_with("sealed/ok_")) {
        let Ok(Untrusted::Sealed(sealed)) = Untrusted::parse(&vector.link) else {
            panic!("{name} is no sealed link")
        };
        let key = vector.key.as_ref().unwrap().data_key();
        let audience = vector.audience.as_deref().unwrap();
        let opened = sealed.open(&key, audience).unwrap();
        let verify = opened
            .payload
            .action
            .webhook()
            .and_then(|webhook| webhook.verify.as_ref());
        let expected = vector.expect.verify.as_ref().map(|text| text.get());
        let held = verify.map(|verify| verify.to_json());
        assert_eq!(held.as_ref().map(|text| text.as_str()), expected, "{name}");
        let secret = verify.and_then(|verify| verify.generated(opened.webhook_key.as_ref().unwrap()));
        let secret = secret.as_ref().map(|secret| secret.expose());
        assert_eq!(secret, vector.expect.generated.as_deref(), "{name}");
        verified += usize::from(expected.is_some());
        generated += usize::from(secret.is_some());
    }
    assert_eq!((verified, generated), (13, 1));
}
