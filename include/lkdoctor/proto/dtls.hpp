// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <lkdoctor/secret.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// DTLS 1.2 (RFC 6347) as WebRTC uses it (RFC 8827 §6.5), over datagrams that the caller carries. No I/O.
namespace lkdoctor::proto {

/// A self-signed ECDSA P-256 certificate with its key, fresh at each `make`. A value; copies share the key.
class DtlsIdentity {
 public:
  /// `padding`: so many bytes of filler in the certificate, so that our flight fills datagrams to the limit
  /// (0: the certificate is about 300 bytes and every datagram of ours is small).
  static DtlsIdentity make(std::size_t padding = 0);
  /// SHA-256 of the certificate as SDP writes it (RFC 8122 §5): "AB:CD:…".
  const std::string& fingerprint() const;

  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  explicit DtlsIdentity(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

/// Filler that makes a flight with our certificate need more than one datagram of 1200 bytes.
inline constexpr std::size_t kFullSizePadding = 1400;

enum class DtlsRole { client, server };
enum class DtlsState { handshaking, done, failed, closed };
NLOHMANN_JSON_SERIALIZE_ENUM(DtlsState, {{DtlsState::handshaking, "handshaking"},
                                         {DtlsState::done, "done"},
                                         {DtlsState::failed, "failed"},
                                         {DtlsState::closed, "closed"}})

enum class DtlsFailure { none, alert_from_peer, protocol_error, fingerprint_mismatch, no_srtp_profile };
NLOHMANN_JSON_SERIALIZE_ENUM(DtlsFailure, {{DtlsFailure::none, "none"},
                                           {DtlsFailure::alert_from_peer, "alert_from_peer"},
                                           {DtlsFailure::protocol_error, "protocol_error"},
                                           {DtlsFailure::fingerprint_mismatch, "fingerprint_mismatch"},
                                           {DtlsFailure::no_srtp_profile, "no_srtp_profile"}})

/// What passed last on the wire, for the time-out code: which message, which way, in how big a datagram.
struct DtlsSight {
  bool sent = false;         ///< true: from us
  std::string message;       ///< "ClientHello", "Finished", "ChangeCipherSpec", "alert", …
  std::size_t datagram = 0;  ///< bytes of the datagram that held it
};
LKDOCTOR_JSON(DtlsSight, sent, message, datagram)

/// What a handshake showed, for observations.
struct DtlsTrace {
  std::optional<DtlsSight> last_sent, last_received;
  int datagrams_sent = 0, datagrams_received = 0, retransmissions = 0;
  std::size_t largest_sent = 0, largest_received = 0;  ///< bytes of a datagram of the handshake
};
LKDOCTOR_JSON(DtlsTrace, last_sent, last_received, datagrams_sent, datagrams_received, retransmissions,
              largest_sent, largest_received)

enum class SrtpProfile { aes128_cm_sha1_80, aead_aes_128_gcm };  ///< RFC 5764 §4.1.2, RFC 7714 §14.2
std::string_view text(SrtpProfile profile);

/// Master key and salt (RFC 5764 §4.2), one after the other, for what we send and what we receive.
struct SrtpKeys {
  SrtpProfile profile = SrtpProfile::aes128_cm_sha1_80;
  Secret local, remote;
};

struct DtlsOptions {
  std::size_t mtu = 1200;               ///< no datagram of ours is longer
  Milliseconds first_timeout{100};      ///< before the first retransmission; doubles up to `longest_timeout`
  Milliseconds longest_timeout{1'000};  ///< a handshake fails by itself after 12 retransmissions
  std::string expected_fingerprint;     ///< of the peer, as in its SDP (SHA-256); empty: not compared
};

/// One DTLS association. Both SRTP profiles are offered; the peer must show a certificate. Not thread-safe.
///
///   Dtls dtls(DtlsRole::client, identity, options);
///   dtls.start();
///   while (auto datagram = dtls.take()) send(*datagram);
///   …on a datagram: dtls.feed(bytes), then take() again; after next_timeout(): on_timeout(), then take()
///   again
class Dtls {
 public:
  Dtls(DtlsRole role, const DtlsIdentity& identity, DtlsOptions options = {});
  Dtls(Dtls&&) noexcept;
  Dtls& operator=(Dtls&&) noexcept;
  ~Dtls();

  /// A client writes its first flight. A server only listens.
  void start();
  /// False: no DTLS record (RFC 7983 §7: first byte 20 to 63), nothing was done with it. Damaged and foreign
  /// records are dropped in silence, as RFC 6347 §4.1.2.7 asks.
  bool feed(ByteView datagram);
  /// The next datagram to send.
  std::optional<Bytes> take();
  /// How long until on_timeout() is due; nullopt: nothing is waited for. OpenSSL owns this clock.
  std::optional<Milliseconds> next_timeout() const;
  /// Repeats the last flight if it is time.
  void on_timeout();

  DtlsState state() const;
  DtlsFailure failure() const;
  /// Why it failed, in OpenSSL's words or ours; "" while it has not.
  const std::string& reason() const;
  /// The last alert and whose it was, e.g. "bad certificate"; "" without one.
  const std::string& alert() const;
  const DtlsTrace& trace() const;
  /// The last message that passed in either direction.
  std::optional<DtlsSight> last_seen() const;

  /// Of the certificate that the peer showed; "" before.
  std::string peer_fingerprint() const;
  std::string cipher() const;
  /// nullopt before `done`.
  std::optional<SrtpKeys> srtp_keys() const;

  /// Application data; one record each. False unless `done`, or if it does not fit a datagram.
  bool write(ByteView data);
  std::optional<Bytes> read();
  /// Writes close_notify.
  void close();

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace lkdoctor::proto
