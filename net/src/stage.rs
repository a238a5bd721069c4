//! The stage between the socket's bytes and RESP, in both directions. Plain connections have the identity
//! stage, which hands bytes through untouched; TLS will be another one.

/// Transforms a connection's bytes on their way in and out.
pub trait Transform: Send {
    /// Bytes from the socket: appends what RESP sees to `plain`. False: the peer broke the rules, close.
    fn incoming(&mut self, raw: &[u8], plain: &mut Vec<u8>) -> bool;
    /// Answers on their way to the socket (may be none): what goes out instead, and before it whatever the stage itself
    /// has to say (a handshake).
    fn outgoing(&mut self, plain: Vec<u8>) -> Vec<u8>;
    /// Has the stage itself something to say?
    fn wants_out(&self) -> bool;
}

/// The stage of one connection. `None` is the identity: bytes are parsed where they were received.
pub type Stage = Option<Box<dyn Transform>>;
