//! Bytes as saved policies, with a checksum made right: loading ends in a policy that answers, or in an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet::Policy;
use sha2::{Digest, Sha256};

fuzz_target!(|body: &[u8]| {
    let mut bytes = b"placet\x01\x00".to_vec();
    bytes.extend_from_slice(&Sha256::digest(body));
    bytes.extend_from_slice(body);
    if let Ok(policy) = Policy::from_bytes(&bytes) {
        let _ = policy.decide(&policy.request());
        let _ = policy.effect_json("{}");
        assert_eq!(Policy::from_bytes(&policy.to_bytes()).map(|again| again.to_bytes()), Ok(policy.to_bytes()));
    }
});
