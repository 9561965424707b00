//! Connections: with a limit on how long a request may take, and an end that lets those under way finish.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::problem::Problem;
use super::{Server, api, door, health};

/// How long requests under way may take at the end.
const ENDING: Duration = Duration::from_secs(10);
/// How long a request's head may take to come in.
const HEAD: Duration = Duration::from_secs(10);

/// Where a request comes from: a proxy's address, if one stands before the server.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

fn routes(server: &Arc<Server>) -> Router {
    // Browsers' clients send from any page; what they may send is decided by their key. The answer repeats what was asked for, as
    // a star means neither the header Authorization nor requests with credentials, which some clients send. None are read here.
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(Duration::from_secs(3600));
    let sources = Router::new().fallback(door::take).layer(cors).with_state(Arc::clone(server));
    let own = Arc::clone(server);
    let (ending, going_on) = api::routes(server);
    let limited = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(ending)
        .fallback_service(sources)
        .layer(middleware::from_fn(move |request: Request, next: Next| within(Arc::clone(&own), request, next)));
    limited.merge(going_on).with_state(Arc::clone(server))
}

async fn within(server: Arc<Server>, request: Request, next: Next) -> Response {
    let timeout = server.config.limits.request_timeout;
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if let Ok(response) = tokio::time::timeout(timeout, next.run(request)).await {
        return response;
    }
    door::was_too_slow(&server, &method, uri.path());
    let detail = format!(
        "the request did not come in and find its answer within {} s; send it in smaller parts, or set \
         limits.request_timeout higher",
        timeout.as_secs_f64()
    );
    let mut response = Problem::of(StatusCode::REQUEST_TIMEOUT, "too-slow", detail).into_response();
    // What is left of it is not waited for.
    response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}

/// Serves until a signal comes or the processor fails.
pub async fn serve(server: Arc<Server>, end: watch::Sender<bool>, has_failed: impl Fn() -> bool) -> Result<()> {
    let address = server.config.listen;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(address = %listener.local_addr().context("no address")?, "serving");
    let app = routes(&server);
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD.min(server.config.limits.request_timeout));
    let open = Arc::new(Semaphore::new(server.config.limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut signal = std::pin::pin!(signal());
    let mut look = tokio::time::interval(Duration::from_millis(200));
    let mut failed = false;
    loop {
        tokio::select! {
            (place, accepted) = accept(&open, &listener) => {
                let Ok((stream, peer)) = accepted else {
                    // Most often too many open files: others must end first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                // Small answers are not to wait for more.
                let _ = stream.set_nodelay(true);
                let app = TowerToHyperService::new(app.clone());
                let has_asked = Arc::new(AtomicBool::new(false));
                let asks = Arc::clone(&has_asked);
                let app = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
                    asks.store(true, Ordering::Relaxed);
                    request.extensions_mut().insert(Peer(peer.ip()));
                    app.call(request)
                });
                let connection = http.serve_connection(TokioIo::new(stream), app);
                let connection = graceful.watch(connection);
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    // A connection that breaks is the sender's affair; one that never got to a request is counted.
                    if let Err(error) = connection.await
                        && !has_asked.load(Ordering::Relaxed)
                    {
                        server.metrics.without_request(end_of(&error));
                    }
                    drop(place);
                });
            }
            _ = &mut signal => break,
            _ = look.tick() => if has_failed() {
                failed = true;
                break;
            },
        }
    }
    drop(listener);
    let _ = end.send(true);
    tracing::info!("ending");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(ENDING) => tracing::warn!("some requests did not end in time"),
    }
    if failed {
        bail!("the processor has ended");
    }
    Ok(())
}

/// How a connection without a request has ended, as the figures have it.
fn end_of(error: &hyper::Error) -> &'static str {
    if error.is_timeout() {
        "too-slow"
    } else if error.is_parse() {
        "malformed"
    } else {
        "cut-off"
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    open: &Arc<Semaphore>,
    listener: &TcpListener,
) -> (Option<OwnedSemaphorePermit>, std::io::Result<(TcpStream, SocketAddr)>) {
    // The semaphore is never closed.
    let place = Arc::clone(open).acquire_owned().await.ok();
    (place, listener.accept().await)
}

/// An end is asked for.
async fn signal() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}
