//! Serving until the service is told to stop.

use crate::service::Service;
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The time limit for open requests when the service stops.
const GRACE: Duration = Duration::from_secs(10);

/// Serves connections from `listener` until `stop` completes. Then it accepts no more, completes open requests within
/// ten seconds, and flushes the decision log.
///
/// # Errors
/// If the listener fails, or the log can't be written.
pub async fn serve(
    service: Service,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let serving = axum::serve(listener, service.router()).with_graceful_shutdown(async move {
        stop.await;
        // The receiver is gone if serving ended on its own.
        let _ = stopping.send(());
    });
    let grace_over = async {
        if stopped.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        }
    };
    let result = tokio::select! {
        result = serving => result,
        () = grace_over => Ok(()),
    };
    // Closing connections and files may block, so it runs on a blocking thread.
    let closed = tokio::task::spawn_blocking(move || service.close()).await.map_err(io::Error::other);
    result.and(closed).and_then(|closed| closed.map_err(io::Error::other))
}
