// io/tls_peer.h — who the peer of a TLS connection may be, and what the handshake established.
// Private to io/tls*.
#pragma once

#include <openssl/ssl.h>

#include "io/tls_stream.h"

namespace mortise::io {

// Demands a certificate whose one URI SAN satisfies `rule`; a refusal is written into it. The
// check is part of the handshake, so the peer gets an alert and no byte follows.
void demand_peer(SSL* ssl, TlsStream::PeerRule& rule);

// Certificates are judged at this time, so that a simulation's clock counts.
void use_clock(SSL* ssl, WallTime now);

// A server chooses the first of `names` (wire format) that the client offers. The context gets the
// callback once; each connection says what it chooses from, and keeps the names alive.
void enable_alpn_choice(SSL_CTX* context);
void choose_alpn_from(SSL* ssl, std::string& names);

Result<TlsFacts> read_facts(SSL* ssl);

}  // namespace mortise::io
