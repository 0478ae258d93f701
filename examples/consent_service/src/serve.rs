//! Serving until told to stop.

use crate::service::Service;
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long requests that are being answered when the service stops may take.
const GRACE: Duration = Duration::from_secs(10);

/// Answers what comes in by `listener` until `stop` is done; then takes no more, ends what was begun, at most for ten
/// seconds, and flushes the decision log.
///
/// # Errors
/// If nothing can be taken from the listener, or the log can't be written.
pub async fn serve(
    service: Service,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let serving = axum::serve(listener, service.router()).with_graceful_shutdown(async move {
        stop.await;
        // Nobody waits for it where serving has ended.
        let _ = stopping.send(());
    });
    let out_of_patience = async {
        if stopped.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        }
    };
    let result = tokio::select! {
        result = serving => result,
        () = out_of_patience => Ok(()),
    };
    // Connections and files are closed where that may block.
    let closed = tokio::task::spawn_blocking(move || service.close()).await.map_err(io::Error::other);
    result.and(closed).and_then(|closed| closed.map_err(io::Error::other))
}
