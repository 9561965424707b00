//! A connection to PostgreSQL. By TLS, whose certificate is always checked, unless the address says `sslmode=disable`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Pull;
use super::fault::told;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(10);
const DOING: &str = "cannot connect";

/// Connects. The connection lives as long as the client.
pub async fn connect(pull: &Pull) -> Result<Client> {
    // What stands in the address is never shown.
    let parsed = pull.url.expose().parse::<Config>();
    let mut config = parsed.map_err(|_| {
        anyhow!("{DOING}: `url` is no address of PostgreSQL; write postgres://user:password@host:5432/database, sslmode being disable, prefer or require")
    })?;
    config.connect_timeout(CONNECTING).application_name("brix");
    let within = pull.timeout.max(CONNECTING);
    let connecting = async {
        if config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| told(DOING, &error))?;
            tokio::spawn(connection);
            return Ok(client);
        }
        let tls = trusting(pull.authorities.as_deref())?;
        let (client, connection) = config.connect(tls).await.map_err(|error| told(DOING, &error))?;
        tokio::spawn(connection);
        Ok(client)
    };
    tokio::time::timeout(within, connecting).await.map_err(|_| anyhow!("{DOING}: no answer within {within:?}"))?
}

/// Trusts those of the file, else those that the system trusts.
fn trusting(file: Option<&Path>) -> Result<MakeRustlsConnect> {
    let Some(file) = file else {
        let trusted = MakeRustlsConnect::with_native_certs();
        let (tls, _) = trusted.map_err(|_| {
            anyhow!("{DOING}: the system has no certificates to trust; set `ca` to a file of certificates")
        })?;
        return Ok(tls);
    };
    let unusable = || format!("`ca`: no certificates can be read from {}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).with_context(unusable)? {
        roots.add(certificate.with_context(unusable)?).with_context(unusable)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.context("TLS cannot be set up")?.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
