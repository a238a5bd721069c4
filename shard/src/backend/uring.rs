//! The io_uring backend: multishot accept, multishot receive into a ring of provided buffers, sends queued
//! and submitted with the next wait, the doorbell in the same ring.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use io_uring::{IoUring, cqueue, opcode, squeue, types};

use super::{Backend, Buffer, Event, RECV_BUFFER, Token};

const SQ_ENTRIES: u32 = 1024;
const CQ_ENTRIES: u32 = 8192;
/// Receive buffers per ring; a power of two. 8 MiB in all.
const BUFFERS: u16 = 512;
const BUFFER_GROUP: u16 = 0;

// io_uring_enter(2) flags that the crate keeps to itself.
const ENTER_GETEVENTS: u32 = 1 << 0;
const ENTER_EXT_ARG: u32 = 1 << 3;

const OP_ACCEPT: u64 = 1 << 56;
const OP_RECV: u64 = 2 << 56;
const OP_SEND: u64 = 3 << 56;
const OP_BELL: u64 = 4 << 56;
const OP_CANCEL: u64 = 5 << 56;
const OP_MASK: u64 = 0xff << 56;

/// What the ring is doing for a connection.
struct Conn {
    fd: OwnedFd,
    sending: Option<(Vec<u8>, usize)>,
    /// A receive is armed, or its cancellation is not confirmed yet.
    receiving: bool,
    paused: bool,
    eof: bool,
    closing: bool,
}

/// The ring of provided buffers: entries that the kernel reads, and the memory they point to.
struct Buffers {
    entries: NonNull<types::BufRingEntry>,
    memory: NonNull<u8>,
    tail: u16,
    given: u16,
}

impl Buffers {
    const RING_BYTES: usize = BUFFERS as usize * size_of::<types::BufRingEntry>();
    const MEMORY_BYTES: usize = BUFFERS as usize * RECV_BUFFER;

    fn new() -> io::Result<Self> {
        let map = |bytes| {
            // SAFETY: an anonymous private mapping at an address of the kernel's choice touches nothing of ours.
            let at = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    bytes,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                )
            };
            if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(at) }
        };
        let entries = NonNull::new(map(Self::RING_BYTES)?.cast()).expect("a mapping is never at null");
        let memory = NonNull::new(map(Self::MEMORY_BYTES)?.cast()).expect("a mapping is never at null");
        Ok(Self { entries, memory, tail: 0, given: 0 })
    }

    /// Puts buffer `id` at the ring's tail; [`Buffers::publish`] shows it to the kernel.
    fn give(&mut self, id: u16) {
        let at = (self.tail & (BUFFERS - 1)) as usize;
        // SAFETY: `at` is below BUFFERS, the number of entries that the mapping has room for; the mapping is
        // zeroed memory, for which BufRingEntry (integers only) is valid; the kernel reads an entry only after
        // the tail was moved past it, which publish() does later.
        let entry = unsafe { self.entries.add(at).as_mut() };
        // SAFETY: id is below BUFFERS, so the offset lies inside the mapping.
        entry.set_addr(unsafe { self.memory.add(id as usize * RECV_BUFFER) }.as_ptr() as u64);
        entry.set_len(RECV_BUFFER as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        self.given += 1;
    }

    fn publish(&mut self) {
        if self.given == 0 {
            return;
        }
        self.given = 0;
        // SAFETY: `entries` is the base address of the ring; its tail field is 2 bytes, aligned, and written by us only,
        // read by the kernel with acquire semantics.
        let tail = unsafe { &*types::BufRingEntry::tail(self.entries.as_ptr()).cast::<AtomicU16>() };
        tail.store(self.tail, Ordering::Release);
    }

    fn bytes(&self, b: Buffer) -> &[u8] {
        // SAFETY: the kernel has filled `len` bytes (at most RECV_BUFFER) of this buffer and doesn't write to it again until
        // it is given back, for which recycle() takes the Buffer while no borrow of self is alive.
        unsafe { std::slice::from_raw_parts(self.memory.add(b.id as usize * RECV_BUFFER).as_ptr(), b.len as usize) }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: both mappings are ours, made in new(), and the ring that used them was dropped before
        // (field order in Uring), so the kernel is done with them.
        unsafe {
            libc::munmap(self.entries.as_ptr().cast(), Self::RING_BYTES);
            libc::munmap(self.memory.as_ptr().cast(), Self::MEMORY_BYTES);
        }
    }
}

/// See the module. Fields drop in order: the ring before the memory that it writes to.
pub struct Uring {
    ring: IoUring,
    buffers: Buffers,
    bell: Arc<OwnedFd>,
    /// Where the kernel puts the bell's count; boxed, so that it stays where it is.
    bell_count: Box<u64>,
    listeners: Vec<Option<Arc<OwnedFd>>>,
    listening: bool,
    conns: Vec<Option<Conn>>,
    /// Connections whose receive ended for want of buffers.
    starved: Vec<Token>,
    closed: Vec<Token>,
    found: Vec<(u64, i32, u32)>,
}

impl Uring {
    /// A backend of the calling thread, woken by `bell`. Fails where the kernel refuses a ring or its flags.
    pub fn new(bell: Arc<OwnedFd>) -> io::Result<Self> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_coop_taskrun()
            .setup_cqsize(CQ_ENTRIES)
            .build(SQ_ENTRIES)?;
        let mut buffers = Buffers::new()?;
        // SAFETY: the address is a page-aligned mapping with room for BUFFERS entries, which lives until the ring is dropped.
        unsafe {
            ring.submitter().register_buf_ring_with_flags(buffers.entries.as_ptr() as u64, BUFFERS, BUFFER_GROUP, 0)?;
        }
        (0..BUFFERS).for_each(|id| buffers.give(id));
        buffers.publish();
        let mut this = Self {
            ring,
            buffers,
            bell,
            bell_count: Box::new(0),
            listeners: Vec::new(),
            listening: true,
            conns: Vec::new(),
            starved: Vec::new(),
            closed: Vec::new(),
            found: Vec::with_capacity(512),
        };
        this.arm_bell();
        Ok(this)
    }

    fn push(&mut self, entry: squeue::Entry) {
        loop {
            // SAFETY: what the entry points to lives until its completion: receive buffers and the bell's count as long
            // as the ring, a send's bytes in Conn::sending until its completion, descriptors until the connection's last completion.
            if unsafe { self.ring.submission().push(&entry) }.is_ok() {
                return;
            }
            self.ring.submit().expect("a full submission queue can be submitted");
        }
    }

    fn arm_bell(&mut self) {
        let at: *mut u64 = &mut *self.bell_count;
        let entry = opcode::Read::new(types::Fd(self.bell.as_raw_fd()), at.cast(), 8).build().user_data(OP_BELL);
        self.push(entry);
    }

    fn arm_accept(&mut self, listener: usize) {
        if let Some(socket) = &self.listeners[listener] {
            let entry = opcode::AcceptMulti::new(types::Fd(socket.as_raw_fd()))
                .flags(libc::SOCK_CLOEXEC)
                .build()
                .user_data(OP_ACCEPT | listener as u64);
            self.push(entry);
        }
    }

    fn arm_receive(&mut self, token: Token) {
        let conn = self.conns[token as usize].as_mut().expect("a token that is open");
        if conn.receiving || conn.paused || conn.eof || conn.closing {
            return;
        }
        conn.receiving = true;
        let entry = opcode::RecvMulti::new(types::Fd(conn.fd.as_raw_fd()), BUFFER_GROUP)
            .build()
            .user_data(OP_RECV | token as u64);
        self.push(entry);
    }

    fn cancel_receive(&mut self, token: Token) {
        let cancel = opcode::AsyncCancel::new(OP_RECV | token as u64).build().user_data(OP_CANCEL);
        self.push(cancel);
    }

    fn arm_send(&mut self, token: Token) {
        let conn = self.conns[token as usize].as_ref().expect("a token that is open");
        let (bytes, sent) = conn.sending.as_ref().expect("a send is under way");
        let rest = &bytes[*sent..];
        let len = rest.len().min(1 << 30) as u32;
        let entry = opcode::Send::new(types::Fd(conn.fd.as_raw_fd()), rest.as_ptr(), len)
            .flags(libc::MSG_NOSIGNAL)
            .build()
            .user_data(OP_SEND | token as u64);
        self.push(entry);
    }

    /// The connection is gone once nothing is under way for it.
    fn reap(&mut self, token: Token) {
        let slot = &mut self.conns[token as usize];
        if slot.as_ref().is_some_and(|c| c.closing && !c.receiving && c.sending.is_none()) {
            *slot = None;
            self.closed.push(token);
        }
    }

    fn on_receive(&mut self, token: Token, result: i32, flags: u32, events: &mut Vec<Event>) {
        let more = cqueue::more(flags);
        let conn = self.conns[token as usize].as_mut().expect("a completion of an open connection");
        conn.receiving = more;
        match (result, cqueue::buffer_select(flags)) {
            (n, Some(id)) if n > 0 => {
                let buffer = Buffer { id, len: n as u32 };
                if conn.closing {
                    self.recycle(buffer);
                } else {
                    events.push(Event::Data { token, buffer });
                }
            }
            (n, buffer) => {
                if let Some(id) = buffer {
                    self.buffers.give(id);
                }
                let retry = n == -libc::ENOBUFS || n == -libc::ECANCELED || n == -libc::EINTR || n == -libc::EAGAIN;
                if n == -libc::ENOBUFS && !more {
                    self.starved.push(token);
                } else if !retry && !conn.eof {
                    conn.eof = true;
                    if !conn.closing {
                        events.push(Event::Eof { token });
                    }
                }
            }
        }
        if !more {
            if !self.starved.contains(&token) {
                self.arm_receive(token);
            }
            self.reap(token);
        }
    }

    fn on_send(&mut self, token: Token, result: i32, events: &mut Vec<Event>) {
        let conn = self.conns[token as usize].as_mut().expect("a completion of an open connection");
        let (bytes, sent) = conn.sending.as_mut().expect("a send is under way");
        if result > 0 {
            *sent += result as usize;
        }
        let retry = result > 0 || result == -libc::EINTR || result == -libc::EAGAIN;
        if retry && *sent < bytes.len() && !conn.closing {
            return self.arm_send(token);
        }
        let ok = *sent == bytes.len();
        let (mut buffer, _) = conn.sending.take().expect("a send is under way");
        buffer.clear();
        events.push(Event::Sent { token, buffer, ok });
        self.reap(token);
    }

    fn on_completion(&mut self, data: u64, result: i32, flags: u32, events: &mut Vec<Event>) {
        let token = data as u32;
        match data & OP_MASK {
            OP_RECV => self.on_receive(token, result, flags, events),
            OP_SEND => self.on_send(token, result, events),
            OP_ACCEPT => {
                if result >= 0 {
                    // SAFETY: a successful accept completion hands over a new descriptor that nobody else owns.
                    let fd = unsafe { OwnedFd::from_raw_fd(result) };
                    events.push(Event::Accepted { listener: token as u8, fd });
                }
                if !cqueue::more(flags) && self.listening {
                    self.arm_accept(token as usize);
                }
            }
            OP_BELL => self.arm_bell(),
            _ => {}
        }
    }
}

impl Backend for Uring {
    fn name(&self) -> &'static str {
        "uring"
    }

    fn listen(&mut self, listener: u8, socket: Arc<OwnedFd>) {
        let at = listener as usize;
        if self.listeners.len() <= at {
            self.listeners.resize(at + 1, None);
        }
        self.listeners[at] = Some(socket);
        self.arm_accept(at);
    }

    fn unlisten(&mut self) {
        self.listening = false;
        for at in 0..self.listeners.len() {
            let cancel = opcode::AsyncCancel::new(OP_ACCEPT | at as u64).build().user_data(OP_CANCEL);
            self.push(cancel);
        }
        self.ring.submit().expect("a cancellation can be submitted");
        self.listeners.clear();
    }

    fn open(&mut self, token: Token, fd: OwnedFd) {
        let at = token as usize;
        if self.conns.len() <= at {
            self.conns.resize_with(at + 1, || None);
        }
        let conn = Conn { fd, sending: None, receiving: false, paused: false, eof: false, closing: false };
        self.conns[at] = Some(conn);
        self.arm_receive(token);
    }

    fn pause(&mut self, token: Token) {
        let conn = self.conns[token as usize].as_mut().expect("a token that is open");
        conn.paused = true;
        if conn.receiving {
            self.cancel_receive(token);
        }
    }

    fn resume(&mut self, token: Token) {
        self.conns[token as usize].as_mut().expect("a token that is open").paused = false;
        self.arm_receive(token);
    }

    fn send(&mut self, token: Token, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let conn = self.conns[token as usize].as_mut().expect("a token that is open");
        assert!(conn.sending.is_none(), "one send at a time");
        conn.sending = Some((bytes, 0));
        self.arm_send(token);
        None
    }

    fn unsent(&self, token: Token) -> usize {
        let conn = self.conns[token as usize].as_ref();
        conn.and_then(|c| c.sending.as_ref()).map_or(0, |(bytes, sent)| bytes.len() - sent)
    }

    fn close(&mut self, token: Token) {
        let conn = self.conns[token as usize].as_mut().expect("a token that is open");
        conn.closing = true;
        // Ends a send and a receive that wait for the peer.
        let _ = rustix::net::shutdown(&conn.fd, rustix::net::Shutdown::Both);
        if conn.receiving {
            self.cancel_receive(token);
        }
        self.reap(token);
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        for token in std::mem::take(&mut self.starved) {
            if self.conns[token as usize].is_some() {
                self.arm_receive(token);
            }
        }
        self.buffers.publish();
        let timeout = if self.closed.is_empty() { timeout } else { Some(Duration::ZERO) };
        let sleep = timeout != Some(Duration::ZERO);
        let spec = types::Timespec::from(timeout.unwrap_or_default());
        let mut args = types::SubmitArgs::new();
        if sleep && timeout.is_some() {
            args = args.timespec(&spec);
        }
        let queued = self.ring.submission().len() as u32;
        // SAFETY: flags and argument belong together (EXT_ARG with a SubmitArgs, which borrows `spec`); GETEVENTS is needed
        // also without waiting, since with DEFER_TASKRUN completions appear only then.
        let entered = unsafe {
            self.ring.submitter().enter(queued, u32::from(sleep), ENTER_GETEVENTS | ENTER_EXT_ARG, Some(&args))
        };
        match entered.map_err(|e| (e.raw_os_error(), e)) {
            Ok(_) | Err((Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN), _)) => {}
            Err((_, e)) => return Err(e),
        }
        events.extend(self.closed.drain(..).map(|token| Event::Closed { token }));
        let mut found = std::mem::take(&mut self.found);
        found.extend(self.ring.completion().map(|c| (c.user_data(), c.result(), c.flags())));
        for (data, result, flags) in found.drain(..) {
            self.on_completion(data, result, flags, events);
        }
        self.found = found;
        events.extend(self.closed.drain(..).map(|token| Event::Closed { token }));
        Ok(())
    }

    fn bytes(&self, buffer: Buffer) -> &[u8] {
        self.buffers.bytes(buffer)
    }

    fn recycle(&mut self, buffer: Buffer) {
        self.buffers.give(buffer.id);
    }
}
