use super::*;
use crate::action::Redirect;
use crate::json::JsonText;
use crate::rejection::{Damage, Sent, Unavailable};

fn visitor(format: Format) -> Visitor<'static> {
    static BRAND: Brand = Brand {
        name: None,
        color: None,
    };
    Visitor {
        format,
        language: Language::English,
        brand: &BRAND,
        manner: Manner::default(),
    }
}

fn header(reply: &Reply, name: HeaderName) -> &str {
    reply
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[test]
fn the_default_bodies_are_those_of_version_1() {
    let id = "ab".repeat(16);
    let json = done(&Receipt::example(), ReplySpec::default(), &visitor(Format::Json));
    let expected = format!(r#"{{"transaction_id":"{id}","action":{{"name":"approve","type":"success"}}}}"#);
    assert_eq!((json.status().as_u16(), json.body()), (200, &expected));
    let text = done(&Receipt::example(), ReplySpec::default(), &visitor(Format::Text));
    let expected = format!(
        "{{\n  \"transaction_id\": \"{id}\",\n  \"action\": {{\n    \"name\": \"approve\",\n    \"type\": \"success\"\n  }}\n}}"
    );
    assert_eq!(text.body(), &expected);
    let html = done(&Receipt::example(), ReplySpec::default(), &visitor(Format::Html));
    assert!(html.body().contains(&id) && html.body().contains("approve"));
}

#[test]
fn custom_bodies_replace_those_of_their_own_type_only() {
    let custom = |redirect: Option<&str>| ReplySpec {
        redirect: redirect.map(|url| Redirect::read(url.to_owned()).unwrap()),
        json: Some(JsonText::parse(r#"{"own":1}"#).unwrap()),
        html: Some("<p>own</p>".to_owned()),
        text: None,
    };
    assert_eq!(
        done(&Receipt::example(), custom(None), &visitor(Format::Json)).body(),
        r#"{"own":1}"#
    );
    let html = done(&Receipt::example(), custom(None), &visitor(Format::Html));
    assert_eq!(html.body(), "<p>own</p>");
    assert_eq!(header(&html, CONTENT_SECURITY_POLICY), page::AUTHORS_POLICY);
    assert!(
        done(&Receipt::example(), custom(None), &visitor(Format::Text))
            .body()
            .contains("approve")
    );
    let redirect = done(
        &Receipt::example(),
        custom(Some("https://example.com/x")),
        &visitor(Format::Html),
    );
    assert_eq!(
        (redirect.status().as_u16(), header(&redirect, LOCATION)),
        (303, "https://example.com/x")
    );
}

#[test]
fn a_lost_confirmation_is_told_as_such() {
    let reply = unconfirmed(&Receipt::example(), &visitor(Format::Json));
    let body: serde_json::Value = serde_json::from_str(reply.body()).unwrap();
    assert_eq!(reply.status().as_u16(), 202);
    assert_eq!(body["confirmed"], false);
    assert_eq!(body["reason"], "closed_during_retry");
    assert_eq!(body["action"]["name"], "approve");
    for format in [Format::Json, Format::Html, Format::Text] {
        let mut twilio = visitor(format);
        twilio.manner = Manner::Twilio;
        let reply = unconfirmed(&Receipt::example(), &twilio);
        assert_eq!(
            (reply.status().as_u16(), reply.body().as_str()),
            (202, "<Response/>")
        );
        assert_eq!(header(&reply, CONTENT_TYPE), "text/xml; charset=utf-8");
    }
}

#[test]
fn refusals_have_code_message_and_headers() {
    for (rejection, status, body, name, value) in [
        (
            Rejection::ExpiredPayload { at: 1_790_000_000 },
            400,
            r#"{"error":"ExpiredPayload","message":"This link has expired; nothing was sent."}"#,
            VARY,
            "Accept, Accept-Language",
        ),
        (
            Rejection::PostActionNotPosted,
            405,
            r#"{"error":"PostActionNotPosted","message":"This link takes a POST with a JSON body."}"#,
            ALLOW,
            "POST",
        ),
        (
            Rejection::ServiceUnavailable(Unavailable::TaskService, Sent::Unknown, "timeout".into()),
            503,
            r#"{"error":"ServiceUnavailable","message":"Your answer was sent but could not be confirmed. Opening the link again is safe: an answer counts only once.","outcome":"unknown"}"#,
            RETRY_AFTER,
            "5",
        ),
    ] {
        let reply = refused(&rejection, None, &visitor(Format::Json));
        assert_eq!((reply.status().as_u16(), reply.body().as_str()), (status, body));
        assert_eq!(header(&reply, name), value);
    }
    let html = refused(
        &Rejection::InvalidPayload(Damage::Missing),
        None,
        &visitor(Format::Html),
    );
    assert!(html.body().contains("InvalidPayload"));
    let text = refused(
        &Rejection::ExpiredPayload { at: 1_790_000_000 },
        None,
        &visitor(Format::Text),
    );
    assert!(text.body().starts_with("{\n  \"error\": \"ExpiredPayload\""));
}

#[test]
fn every_answer_forbids_storing_framing_and_guessing() {
    for format in [Format::Json, Format::Html, Format::Text] {
        for reply in [
            done(&Receipt::example(), ReplySpec::default(), &visitor(format)),
            unconfirmed(&Receipt::example(), &visitor(format)),
            refused(
                &Rejection::ExpiredPayload { at: 1_790_000_000 },
                None,
                &visitor(format),
            ),
        ] {
            assert_eq!(header(&reply, CACHE_CONTROL), "no-store");
            assert_eq!(header(&reply, REFERRER_POLICY), "no-referrer");
            assert_eq!(header(&reply, X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert_eq!(header(&reply, CONTENT_TYPE), format.content_type());
            assert!(header(&reply, CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
        }
    }
}

#[test]
fn the_transaction_is_named_from_a_valid_shape_on() {
    let id = TransactionId::new([0xab; 16]);
    let named = not_created(&Rejection::ParametersDisabled, id);
    assert!(named.body().contains(&"ab".repeat(16)));
    for rejection in [
        Rejection::InvalidJson(crate::rejection::Fault::at("token", "is empty")),
        Rejection::MethodNotAllowed("POST"),
        Rejection::UnsupportedMediaType,
    ] {
        assert!(
            !not_created(&rejection, id).body().contains("transaction_id"),
            "{rejection}"
        );
    }
}
