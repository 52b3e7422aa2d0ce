use super::*;

const V4: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20180602T183833Z&X-Amz-SignedHeaders=host&X-Amz-Expires=86399&X-Amz-Credential=AKIDEXAMPLE%2F20180602%2Fus-east-2%2Fs3%2Faws4_request&X-Amz-Signature=00ff";
const V2: &str = "AWSAccessKeyId=AKIDEXAMPLE&Expires=1504199689&Signature=c2ln%2Bc2ln%3D";

fn wait_url(host: &str, region: &str, query: &str) -> String {
    format!(
        "https://{host}/arn%3Aaws%3Acloudformation%3A{region}%3A123456789012%3Astack/shop/5f8a1c20-c7a8/Handle?{query}"
    )
}

fn resource_url(host: &str, region: &str, query: &str) -> String {
    format!(
        "https://{host}/arn%3Aaws%3Acloudformation%3A{region}%3A123456789012%3Astack/shop/5f8a%7CApproval%7Cd9a7?{query}"
    )
}

fn wait(url: &str) -> Result<u64, &'static str> {
    PresignedUrl::parse(url, Bucket::WaitCondition).map(|url| url.ends_at())
}

/// The forms of the hosts were seen in what others have published over the years.
#[test]
fn the_urls_of_cloudformation_are_read() {
    for (host, region, query) in [
        (
            "cloudformation-waitcondition-us-east-1.s3.amazonaws.com",
            "us-east-1",
            V4,
        ),
        (
            "cloudformation-waitcondition-eu-west-1.s3-eu-west-1.amazonaws.com",
            "eu-west-1",
            V2,
        ),
        (
            "cloudformation-waitcondition-us-west-2.s3-us-west-2.amazonaws.com",
            "us-west-2",
            V4,
        ),
        (
            "cloudformation-waitcondition-us-east-2.s3.us-east-2.amazonaws.com",
            "us-east-2",
            V4,
        ),
        (
            "cloudformation-waitcondition-eu-west-3.s3.eu-west-3.amazonaws.com",
            "eu-west-3",
            V4,
        ),
        (
            "cloudformation-waitcondition-ap-southeast-4.s3.dualstack.ap-southeast-4.amazonaws.com",
            "ap-southeast-4",
            V4,
        ),
    ] {
        let url = wait_url(host, region, query);
        assert!(wait(&url).is_ok(), "{url}: {:?}", wait(&url));
        assert!(
            PresignedUrl::parse(&url, Bucket::CustomResource).is_err(),
            "each bucket is for its own"
        );
    }
    for (host, region) in [
        (
            "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
            "us-east-1",
        ),
        (
            "cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com",
            "eu-west-1",
        ),
        (
            "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com",
            "us-east-1",
        ),
    ] {
        let url = resource_url(host, region, V4);
        assert!(PresignedUrl::parse(&url, Bucket::CustomResource).is_ok(), "{url}");
        assert!(wait(&url).is_err(), "{url}");
    }
    let china = wait_url(
        "cloudformation-waitcondition-cn-north-1.s3.cn-north-1.amazonaws.com.cn",
        "cn-north-1",
        V4,
    );
    assert!(wait(&china.replace("arn%3Aaws%3A", "arn%3Aaws-cn%3A")).is_ok());
    assert!(wait(&china).is_err(), "a region of China in another partition");
    let government = wait_url(
        "cloudformation-waitcondition-us-gov-west-1.s3.us-gov-west-1.amazonaws.com",
        "us-gov-west-1",
        V4,
    );
    let government = government.replace("arn%3Aaws%3A", "arn%3Aaws-us-gov%3A");
    assert!(wait(&government).is_ok());
    assert!(wait(&government.replace(".s3.us-gov", ".s3-us-gov")).is_ok());
    let elsewhere = government.replace(".s3.us-gov-west-1.", ".s3.");
    assert!(wait(&elsewhere).is_err(), "a host of the commercial partition");
}

#[test]
fn the_end_is_that_of_the_signature() {
    let host = "cloudformation-waitcondition-us-east-1.s3.amazonaws.com";
    assert_eq!(wait(&wait_url(host, "us-east-1", V2)), Ok(1_504_199_689));
    // 2018-06-02T18:38:33Z is 1,527,964,713.
    assert_eq!(wait(&wait_url(host, "us-east-1", V4)), Ok(1_527_964_713 + 86_399));
}

#[test]
fn every_other_url_is_refused() {
    let host = "cloudformation-waitcondition-us-east-2.s3.us-east-2.amazonaws.com";
    let good = wait_url(host, "us-east-2", V4);
    assert!(wait(&good).is_ok());
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for url in [
        String::new(),
        "https://".to_owned(),
        format!("https://{host}/"),
        changed("https://", "http://"),
        changed("https://", "HTTPS://"),
        changed("https://", "//"),
        changed("https://", "ftp://"),
        changed("https://", "https://user@"),
        changed("https://", "https://user:secret@"),
        changed("https://", "https://169.254.169.254/"),
        changed(host, "169.254.169.254"),
        changed(host, "[::ffff:169.254.169.254]"),
        changed(host, "127.0.0.1"),
        changed(host, "localhost"),
        changed(host, "example.com"),
        changed(host, &format!("example.com\\@{host}")),
        changed(host, &format!("{host}:443")),
        changed(host, &format!("{host}:8443")),
        changed(host, &format!("{host}.")),
        changed(host, &format!("{host}.example.com")),
        changed(host, &format!("{host}@example.com")),
        changed(host, &format!("example.com/{host}")),
        changed(host, &format!("example.com?{host}")),
        changed(host, &host.to_uppercase()),
        changed(host, &host.replace("amazonaws.com", "amazonaws.com.cn")),
        changed(host, &host.replace("amazonaws.com", "amazonaws.org")),
        changed(host, &host.replace(".s3.", ".s3-website.")),
        changed(host, &host.replace(".s3.", ".s3-accesspoint.")),
        changed(
            host,
            "s3.us-east-2.amazonaws.com/cloudformation-waitcondition-us-east-2",
        ),
        changed(host, &format!("x{host}")),
        changed(host, &format!("x.{host}")),
        changed(host, &host.replacen("us-east-2", "us-east-1", 1)),
        changed(host, &host.replace(".us-east-2.", ".us-east-1.")),
        changed(
            host,
            &host.replace("waitcondition-us-east-2", "waitcondition-us-east-2-mine"),
        ),
        good.replace("us-east-2", "us-east-2-mine"),
        good.replace("us-east-2", "my-bucket"),
        good.replace("us-east-2", "mine"),
        good.replace("us-east-2", "us-east-22"),
        good.replace("us-east-2", "us-1"),
        good.replace("us-east-2", ""),
        changed("arn%3A", ""),
        changed("/arn%3A", "/../arn%3A"),
        changed("/arn%3A", "//arn%3A"),
        changed("%3Astack/", "%3AstackSet/"),
        changed("%3Acloudformation%3A", "%3As3%3A"),
        changed("123456789012", "12345678901"),
        changed("123456789012", "12345678901x"),
        changed("/shop/", "/../shop/"),
        changed("/shop/", "/%2e%2e/shop/"),
        changed("/shop/", "/sh op/"),
        changed("/shop/", "/sh\nop/"),
        changed("/shop/", "/sh\\op/"),
        changed("/shop/", "/shöp/"),
        changed("?", "#?"),
        good.clone() + "#",
        good.clone() + "#x",
        good.clone() + "&X-Amz-Expires=604800",
        good.clone() + "&x-amz-expires=604800",
        good.clone() + "&Signature=x",
        good.replace(&format!("?{V4}"), ""),
        changed("&X-Amz-Signature=00ff", ""),
        changed("&X-Amz-Expires=86399", ""),
        changed("X-Amz-Expires=86399", "X-Amz-Expires=0"),
        changed("X-Amz-Expires=86399", "X-Amz-Expires=604801"),
        changed("X-Amz-Expires=86399", "X-Amz-Expires=-1"),
        changed("X-Amz-Expires=86399", "X-Amz-Expires=86399s"),
        changed("X-Amz-Date=20180602T183833Z", "X-Amz-Date=20181302T183833Z"),
        changed("X-Amz-Date=20180602T183833Z", "X-Amz-Date=2018-06-02T18:38:33Z"),
        changed("X-Amz-Date=20180602T183833Z", "X-Amz-Date=99999999999"),
        changed("&X-Amz-SignedHeaders=host", ""),
        changed("SignedHeaders=host", "SignedHeaders=content-type%3Bhost"),
        good.clone() + &"x".repeat(MAX_URL_CHARS),
    ] {
        let read = PresignedUrl::parse(&url, Bucket::WaitCondition);
        assert!(read.is_err(), "{url}");
        let what = read.unwrap_err();
        assert!(!what.contains("AKIDEXAMPLE") && !what.is_empty());
    }
    for query in [
        V2.replace("Expires=1504199689", "Expires=soon"),
        V2.replace("Expires=1504199689&", ""),
        V2.replace("AWSAccessKeyId=AKIDEXAMPLE&", ""),
        V2.replace("1504199689", "150419968900"),
    ] {
        assert!(wait(&wait_url(host, "us-east-2", &query)).is_err(), "{query}");
    }
}

#[test]
fn a_url_has_limits_on_both_sides() {
    let host = "cloudformation-waitcondition-us-east-2.s3.us-east-2.amazonaws.com";
    let url = wait_url(host, "us-east-2", V4);
    let padded = |chars: usize| format!("{url}{}", "f".repeat(chars - url.len()));
    assert!(wait(&padded(3_000)).is_ok());
    for chars in [3_001, 4_000, 1 << 20] {
        assert_eq!(
            wait(&padded(chars)),
            Err("is longer than any URL of CloudFormation"),
            "{chars}"
        );
    }
    let signed = |seconds: u64| wait(&url.replace("Expires=86399", &format!("Expires={seconds}")));
    assert_eq!(signed(604_800).map(|end| end - signed(1).unwrap()), Ok(604_799));
    for seconds in [0, 604_801, u64::MAX] {
        assert!(signed(seconds).is_err(), "{seconds}");
    }
}

#[test]
fn debug_does_not_show_the_url() {
    let host = "cloudformation-waitcondition-us-east-1.s3.amazonaws.com";
    let url = PresignedUrl::parse(&wait_url(host, "us-east-1", V4), Bucket::WaitCondition).unwrap();
    assert_eq!(format!("{url:?}"), "PresignedUrl(redacted)");
}
