//! What lies between an executable and a service, such as a NAT gateway: it passes bytes on, until it forgets its connections.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How it treats a connection that it has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// Answers the next byte with RST.
    Reset,
    /// Takes bytes and says nothing.
    Silent,
    /// Has closed the direction to the executable, and takes bytes.
    HalfClosed,
    /// Has closed it.
    Closed,
}

impl Forgotten {
    /// All of them.
    pub const EACH: [Self; 4] = [Self::Reset, Self::Silent, Self::HalfClosed, Self::Closed];
}

/// A running one. Dropping it ends all of its connections.
pub struct FarSide {
    address: SocketAddr,
    shared: Arc<Shared>,
    forget: watch::Sender<(usize, Forgotten)>,
    listen: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Connections that are passed on.
    passing: AtomicUsize,
    /// Those that were forgotten, ever.
    forgotten: AtomicUsize,
}

impl FarSide {
    pub fn in_front_of(service: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let (forget, forgetting) = watch::channel((0, Forgotten::Closed));
        let ((listen, listening), (stop, stopped)) = (watch::channel(true), watch::channel(false));
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(run(
                listener,
                service,
                &for_thread,
                &forgetting,
                listening,
                stopped,
            ));
        });
        Self {
            address,
            shared,
            forget,
            listen,
            stop,
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets every connection that there is; gives how many there were. Those that come are passed on.
    pub fn forget(&self, how: Forgotten) -> usize {
        let before = self.shared.forgotten.load(Ordering::SeqCst);
        self.forget.send_modify(|(epoch, latest)| {
            *epoch += 1;
            *latest = how;
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.shared.passing.load(Ordering::SeqCst) > 0 {
            assert!(Instant::now() < deadline, "it forgets at once");
            std::thread::sleep(Duration::from_millis(1));
        }
        self.shared.forgotten.load(Ordering::SeqCst) - before
    }

    /// From now on, no connection comes about.
    pub fn refuse(&self) {
        let _ = self.listen.send(false);
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(self.address).is_ok() {
            assert!(Instant::now() < deadline, "it refuses at once");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for FarSide {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn run(
    listener: TcpListener,
    service: SocketAddr,
    shared: &Arc<Shared>,
    forgetting: &watch::Receiver<(usize, Forgotten)>,
    mut listening: watch::Receiver<bool>,
    mut stopped: watch::Receiver<bool>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = listening.changed() => break,
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        shared.passing.fetch_add(1, Ordering::SeqCst);
        let mut forgetting = forgetting.clone();
        forgetting.mark_unchanged();
        tokio::spawn(pass(stream, service, Arc::clone(shared), forgetting));
    }
    drop(listener);
    let _ = stopped.changed().await;
}

async fn pass(
    mut near: TcpStream,
    service: SocketAddr,
    shared: Arc<Shared>,
    mut forgetting: watch::Receiver<(usize, Forgotten)>,
) {
    let _ = near.set_nodelay(true);
    let passing = async {
        let mut far = TcpStream::connect(service).await?;
        let _ = far.set_nodelay(true);
        copy_bidirectional(&mut near, &mut far).await
    };
    let was_forgotten = tokio::select! {
        _ = passing => false,
        changed = forgetting.changed() => changed.is_ok(),
    };
    if !was_forgotten {
        shared.passing.fetch_sub(1, Ordering::SeqCst);
        return;
    }
    let (_, how) = *forgetting.borrow_and_update();
    let near = match how {
        Forgotten::Closed => {
            drop(near);
            None
        }
        Forgotten::HalfClosed => {
            let _ = near.shutdown().await;
            Some(near)
        }
        Forgotten::Reset | Forgotten::Silent => Some(near),
    };
    shared.forgotten.fetch_add(1, Ordering::SeqCst);
    shared.passing.fetch_sub(1, Ordering::SeqCst);
    let Some(mut near) = near else { return };
    let mut bytes = [0; 1_024];
    while near.read(&mut bytes).await.is_ok_and(|count| count > 0) {
        if how == Forgotten::Reset {
            // Without lingering, closing sends RST.
            let _ = near.set_zero_linger();
            return;
        }
    }
}
