//! What leaves this process for hosts that are no service of AWS, over TLS on 127.0.0.1.

use crate::stand_ins::receiver::{Behaviour, Receiver};
use crate::stand_ins::tls::Identity;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use sfn_callback_urls::config::OutboundSettings;
use sfn_callback_urls::https_url::HttpsUrl;
use sfn_callback_urls::outbound::{Answer, Failure, Message, Outbound};
use std::time::{Duration, Instant};

const HOST: &str = "hooks.example.com";

async fn send(receiver: &Receiver) -> Result<Answer, Failure> {
    outbound(receiver)
        .send(message(&format!("https://{HOST}/in?x=1")))
        .await
}

fn outbound(receiver: &Receiver) -> Outbound {
    Outbound::new(OutboundSettings {
        connect_to: Some(receiver.address()),
        ca_bundle: Some(receiver.authority().to_str().unwrap().to_owned()),
        ..OutboundSettings::default()
    })
}

/// The URL is leaked, so that a message can be made in one line.
fn message(url: &str) -> Message<'static> {
    Message {
        method: Method::PUT,
        url: Box::leak(Box::new(HttpsUrl::parse(url).unwrap())),
        headers: vec![(CONTENT_TYPE, HeaderValue::from_static(""))],
        body: Bytes::from_static(b"{}"),
        answer_limit: 16,
    }
}

async fn trusted(behaviour: Behaviour) -> Receiver {
    Receiver::start(&[HOST], Identity::Trusted, vec![behaviour]).await
}

#[tokio::test]
async fn a_message_arrives_as_it_was_made() {
    let receiver = trusted(Behaviour::status("200 OK", "thank you")).await;
    let answer = send(&receiver).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_slice()),
        (200, b"thank you".as_slice())
    );
    let [received] = receiver.received().try_into().unwrap();
    assert_eq!(received.head.lines().next(), Some("PUT /in?x=1 HTTP/1.1"));
    assert_eq!(received.header("host"), Some(HOST));
    assert_eq!(received.header("content-type"), Some(""));
    assert_eq!(received.header("content-length"), Some("2"));
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(received.body, b"{}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = Behaviour::with_headers(
        "307 Temporary Redirect",
        "Location: https://169.254.169.254/\r\n",
        "",
    );
    let receiver = trusted(answer).await;
    assert_eq!(send(&receiver).await.unwrap().status.as_u16(), 307);
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_was_asked_for() {
    let receiver = trusted(Behaviour::status(
        "500 Internal Server Error",
        &"x".repeat(1 << 20),
    ))
    .await;
    let answer = send(&receiver).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (500, 16));
}

#[tokio::test]
async fn an_answer_that_never_ends_counts_by_its_status() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec();
    let receiver = trusted(Behaviour::Trickle(head, b"slow".repeat(10))).await;
    let start = Instant::now();
    let answer = send(&receiver).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.body.len() < 5);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}

#[tokio::test]
async fn who_reads_and_says_nothing_may_have_understood() {
    for (behaviour, what) in [
        (Behaviour::HangUp, "connection broken"),
        (Behaviour::Silence, "timeout"),
        (Behaviour::Answer(b"SSH-2.0-x\r\n".to_vec()), "connection broken"),
        (Behaviour::Trickle(Vec::new(), b"HTTP/1.1 ".repeat(3)), "timeout"),
    ] {
        let receiver = trusted(behaviour.clone()).await;
        let failure = send(&receiver).await.unwrap_err();
        assert_eq!(failure, Failure::Unknown(what.to_owned()), "{behaviour:?}");
        assert_eq!(receiver.received().len(), 1, "sent once: {behaviour:?}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_host_that_cannot_show_who_it_is() {
    for identity in [Identity::OtherAuthority, Identity::WrongName, Identity::Expired] {
        let receiver = Receiver::start(&[HOST], identity, vec![Behaviour::status("200 OK", "")]).await;
        let failure = send(&receiver).await.unwrap_err();
        assert_eq!(
            failure,
            Failure::NotSent("no connection".to_owned()),
            "{identity:?}"
        );
        assert!(receiver.received().is_empty());
    }
}

#[tokio::test]
async fn a_host_that_never_gets_to_tls_was_told_nothing() {
    let receiver = trusted(Behaviour::status("200 OK", "")).await;
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outbound = Outbound::new(OutboundSettings {
        connect_to: Some(mute.local_addr().unwrap()),
        ca_bundle: Some(receiver.authority().to_str().unwrap().to_owned()),
        ..OutboundSettings::default()
    });
    let start = Instant::now();
    let message = message("https://hooks.example.com/");
    let (failure, connection) = tokio::join!(outbound.send(message), mute.accept());
    assert!(connection.is_ok());
    assert_eq!(failure.unwrap_err(), Failure::NotSent("no connection".to_owned()));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn mozillas_roots_do_not_know_the_authority_of_these_tests() {
    let receiver = trusted(Behaviour::status("200 OK", "")).await;
    let outbound = Outbound::new(OutboundSettings {
        connect_to: Some(receiver.address()),
        ..OutboundSettings::default()
    });
    let failure = outbound
        .send(message("https://hooks.example.com/"))
        .await
        .unwrap_err();
    assert_eq!(failure, Failure::NotSent("no connection".to_owned()));
}

#[tokio::test]
async fn a_host_that_is_not_there_was_told_nothing() {
    let receiver = trusted(Behaviour::status("200 OK", "")).await;
    let closed = OutboundSettings {
        connect_to: Some("127.0.0.1:1".parse().unwrap()),
        ..OutboundSettings::default()
    };
    let failure = Outbound::new(closed)
        .send(message("https://hooks.example.com/"))
        .await
        .unwrap_err();
    assert_eq!(failure, Failure::NotSent("no connection".to_owned()));
    let unreadable = OutboundSettings {
        connect_to: Some(receiver.address()),
        ca_bundle: Some("/nowhere/at/all.pem".to_owned()),
        ..OutboundSettings::default()
    };
    let failure = Outbound::new(unreadable)
        .send(message("https://hooks.example.com/"))
        .await
        .unwrap_err();
    let what = "AWS_CA_BUNDLE or SSL_CERT_FILE: cannot be read: entity not found";
    assert_eq!(failure, Failure::NotSent(what.to_owned()));
}
