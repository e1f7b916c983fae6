// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <lkdoctor/net/proxy.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::net {

struct Certificate {
  std::string subject, issuer;                 ///< RFC 4514, text of the peer
  std::vector<std::string> names;              ///< subjectAltName: dNSName and iPAddress
  std::int64_t not_before = 0, not_after = 0;  ///< seconds since 1970
  std::string key;                             ///< "RSA 2048", "EC P-256", "Ed25519"
  std::string signature;                       ///< "sha256WithRSAEncryption"
  bool self_issued = false;
  bool weak = false;   ///< RSA below 2048, EC below 224, MD5 or SHA-1 signature
  std::string sha256;  ///< of the DER form, hex
};
LKDOCTOR_JSON(Certificate, subject, issuer, names, not_before, not_after, key, signature, self_issued, weak,
              sha256)

struct TlsOptions {
  std::string server_name;  ///< SNI and name to verify; empty: neither
  std::vector<std::string> alpn{"http/1.1"};
  std::vector<std::string> ca_files;  ///< added to the system's trust store
  bool padded_hello = true;           ///< about 1,900 bytes as browsers send it, so that an MTU hole shows
  int max_segment = 0;  ///< bytes in a TCP segment, both ways; 0: as many as fit. Not by a proxy
  int minimum_version =
      0x0303;  ///< 0x0301 TLS 1.0 … 0x0304; below 1.2 lowers the security level for this context
  int maximum_version = 0x0304;
  /// Not empty: TLS 1.3 with this external PSK (RFC 8446 §4.2.11) or not at all. Neither a certificate nor a
  /// name counts then, and trust is the key itself.
  std::string psk_identity{};
  Secret psk{};  ///< 32 bytes, for TLS_AES_128_GCM_SHA256

  bool by_psk() const noexcept { return !psk_identity.empty(); }
};

/// One handshake, verified after the fact: the handshake goes on whatever the certificate is, so that it can
/// be described, and nothing is ever sent on it.
struct TlsSession {
  NetOutcome outcome;   ///< of connect and handshake; trust is judged in the fields below
  std::string version;  ///< "TLSv1.3"
  std::string cipher;
  std::string alpn;                    ///< chosen; empty: none
  std::vector<Certificate> chain;      ///< as sent, leaf first
  bool trusted = false;                ///< by the system's store with what was sent
  std::string trust_error;             ///< OpenSSL's words for why not
  bool trusted_but_for_dates = false;  ///< trusted if every date of the chain were right
  bool trusted_with_intermediates =
      false;  ///< would be trusted if the missing intermediate, known here, had been sent
  std::string incomplete_because;  ///< why the issuer that was not sent seems to be an intermediate of a CA
                                   ///< that others trust; empty: no sign of that
  bool name_matches = false;
  std::size_t hello_bytes = 0;     ///< size of our ClientHello record
  std::size_t received_bytes = 0;  ///< what the peer sent during the handshake, before decryption
  Microseconds connect{0}, handshake{0};
};
LKDOCTOR_JSON(TlsSession, outcome, version, cipher, alpn, chain, trusted, trust_error, trusted_but_for_dates,
              trusted_with_intermediates, incomplete_because, name_matches, hello_bytes, received_bytes,
              connect, handshake)

/// Through a proxy `peer` may be a name.
boost::asio::awaitable<TlsSession> probe_tls(Endpoint peer, TlsOptions options, Deadline deadline,
                                             Proxy proxy = {});

}  // namespace lkdoctor::net
