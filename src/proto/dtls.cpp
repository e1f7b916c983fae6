// SPDX-License-Identifier: EUPL-1.2
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "proto/dtls_bio.hpp"
#include "proto/dtls_context.hpp"
#include "proto/dtls_identity.hpp"
#include "proto/dtls_records.hpp"

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kInboxLimit = 256;        // records of application data that nobody has read yet
constexpr std::size_t kLongestRecord = 16'384;  // RFC 5246 §6.2.1: 2^14
constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 §4.2

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// Key and salt lengths: RFC 5764 §4.1.2, RFC 7714 §12.
struct KeyShape {
  std::size_t key, salt;
};
KeyShape shape_of(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? KeyShape{16, 12} : KeyShape{16, 14};
}

std::string last_openssl_error() {
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "the handshake failed" : reason;
}

bool same_fingerprint(std::string_view left, std::string_view right) {
  return std::ranges::equal(
      left, right, [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
}

}  // namespace

std::string_view text(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? "SRTP_AEAD_AES_128_GCM" : "SRTP_AES128_CM_HMAC_SHA1_80";
}

struct Dtls::Inner {
  DtlsOptions options;
  DtlsRole role;
  DatagramPort port;
  ContextPtr context;
  SslPtr ssl;  // after `port`, which its BIO refers to
  DtlsState state = DtlsState::handshaking;
  DtlsFailure failure = DtlsFailure::none;
  std::string reason, alert;
  bool alert_from_peer = false;
  DtlsTrace trace;
  std::optional<DtlsSight> last;
  std::deque<Bytes> inbox;

  Inner(DtlsRole our_role, const DtlsIdentity& identity, DtlsOptions wanted);
  void advance();
  void drain();
  void finished();
  void fail(DtlsFailure kind, std::string why);
  void note(bool sent, ByteView datagram);
  std::string peer_fingerprint() const;
};

Dtls::Inner::Inner(DtlsRole our_role, const DtlsIdentity& identity, DtlsOptions wanted)
    : options(std::move(wanted)), role(our_role), context(make_dtls_context(role, identity.parts())) {
  ssl.reset(SSL_new(context.get()));
  if (!ssl) throw std::runtime_error("OpenSSL gives no DTLS");
  BIO* bio = make_datagram_bio(port);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_mtu(ssl.get(), static_cast<long>(options.mtu));
  SSL_set_app_data(ssl.get(), this);
  DTLS_set_timer_cb(ssl.get(), [](SSL* of, unsigned previous) -> unsigned {
    const auto& pace = static_cast<Inner*>(SSL_get_app_data(of))->options;
    const auto microseconds = [](Milliseconds span) { return static_cast<unsigned>(span.count() * 1000); };
    if (previous == 0) return microseconds(pace.first_timeout);
    return std::min(previous * 2, microseconds(pace.longest_timeout));
  });
  SSL_set_info_callback(ssl.get(), [](const SSL* of, int where, int value) {
    if ((where & SSL_CB_ALERT) == 0) return;
    auto& inner = *static_cast<Inner*>(SSL_get_app_data(of));
    inner.alert = SSL_alert_desc_string_long(value);
    inner.alert_from_peer = (where & SSL_CB_READ) != 0;
  });
  if (role == DtlsRole::client) {
    SSL_set_connect_state(ssl.get());
  } else {
    SSL_set_accept_state(ssl.get());
  }
}

void Dtls::Inner::note(bool sent, ByteView datagram) {
  std::string message = last_message_in(datagram);
  if (message.empty()) return;
  last = DtlsSight{sent, std::move(message), datagram.size()};
  (sent ? trace.last_sent : trace.last_received) = last;
  (sent ? trace.datagrams_sent : trace.datagrams_received) += 1;
  std::size_t& largest = sent ? trace.largest_sent : trace.largest_received;
  largest = std::max(largest, datagram.size());
}

void Dtls::Inner::fail(DtlsFailure kind, std::string why) {
  state = DtlsState::failed;
  failure = kind;
  reason = std::move(why);
}

std::string Dtls::Inner::peer_fingerprint() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl.get());
  return certificate == nullptr ? "" : fingerprint_of(*certificate);
}

void Dtls::Inner::finished() {
  if (SSL_get_selected_srtp_profile(ssl.get()) == nullptr) {
    return fail(DtlsFailure::no_srtp_profile, "the peer agreed to no SRTP profile");
  }
  if (!options.expected_fingerprint.empty() &&
      !same_fingerprint(peer_fingerprint(), options.expected_fingerprint)) {
    return fail(DtlsFailure::fingerprint_mismatch,
                "the peer's certificate is not the one that its session description names");
  }
  state = DtlsState::done;
}

void Dtls::Inner::drain() {
  std::array<std::uint8_t, kLongestRecord> record{};
  while (true) {
    const int count = SSL_read(ssl.get(), record.data(), static_cast<int>(record.size()));
    if (count <= 0) {
      if (SSL_get_error(ssl.get(), count) == SSL_ERROR_ZERO_RETURN) state = DtlsState::closed;
      break;
    }
    if (inbox.size() < kInboxLimit) inbox.emplace_back(record.begin(), record.begin() + count);
  }
  ERR_clear_error();
}

void Dtls::Inner::advance() {
  ERR_clear_error();
  if (state == DtlsState::handshaking) {
    const int result = SSL_do_handshake(ssl.get());
    if (result == 1) {
      finished();
    } else if (SSL_get_error(ssl.get(), result) == SSL_ERROR_SSL) {
      fail(alert_from_peer ? DtlsFailure::alert_from_peer : DtlsFailure::protocol_error,
           last_openssl_error());
    }
  }
  if (state == DtlsState::done) drain();
}

Dtls::Dtls(DtlsRole role, const DtlsIdentity& identity, DtlsOptions options)
    : inner_(std::make_unique<Inner>(role, identity, std::move(options))) {}
Dtls::Dtls(Dtls&&) noexcept = default;
Dtls& Dtls::operator=(Dtls&&) noexcept = default;
Dtls::~Dtls() = default;

void Dtls::start() {
  if (inner_->role == DtlsRole::client) inner_->advance();
}

bool Dtls::feed(ByteView datagram) {
  if (!is_dtls(datagram)) return false;
  inner_->note(false, datagram);
  if (inner_->state != DtlsState::handshaking && inner_->state != DtlsState::done) return true;
  inner_->port.in = Bytes(datagram.begin(), datagram.end());
  inner_->advance();
  inner_->port.in.reset();
  return true;
}

std::optional<Bytes> Dtls::take() {
  auto& out = inner_->port.out;
  if (out.empty()) return std::nullopt;
  Bytes datagram = std::move(out.front());
  out.pop_front();
  inner_->note(true, datagram);
  return datagram;
}

std::optional<Milliseconds> Dtls::next_timeout() const {
  timeval left{};
  if (inner_->state != DtlsState::handshaking && inner_->state != DtlsState::done) return std::nullopt;
  if (DTLSv1_get_timeout(inner_->ssl.get(), &left) != 1) return std::nullopt;
  return std::chrono::ceil<Milliseconds>(std::chrono::seconds(left.tv_sec) + Microseconds(left.tv_usec));
}

void Dtls::on_timeout() {
  if (inner_->state != DtlsState::handshaking) return;
  ERR_clear_error();
  const auto result = DTLSv1_handle_timeout(inner_->ssl.get());
  if (result > 0) ++inner_->trace.retransmissions;
  if (result < 0)
    inner_->fail(DtlsFailure::protocol_error, "no answer to twelve repetitions of our last flight");
  ERR_clear_error();
}

DtlsState Dtls::state() const {
  return inner_->state;
}
DtlsFailure Dtls::failure() const {
  return inner_->failure;
}
const std::string& Dtls::reason() const {
  return inner_->reason;
}
const std::string& Dtls::alert() const {
  return inner_->alert;
}
const DtlsTrace& Dtls::trace() const {
  return inner_->trace;
}
std::optional<DtlsSight> Dtls::last_seen() const {
  return inner_->last;
}
std::string Dtls::peer_fingerprint() const {
  return inner_->peer_fingerprint();
}

std::string Dtls::cipher() const {
  const char* name = SSL_get_cipher_name(inner_->ssl.get());
  return inner_->state == DtlsState::done && name != nullptr ? name : "";
}

std::optional<SrtpKeys> Dtls::srtp_keys() const {
  if (inner_->state != DtlsState::done) return std::nullopt;
  const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(inner_->ssl.get());
  SrtpKeys keys;
  if (chosen->id == SRTP_AEAD_AES_128_GCM) keys.profile = SrtpProfile::aead_aes_128_gcm;
  const auto [key, salt] = shape_of(keys.profile);
  // RFC 5764 §4.2: client key, server key, client salt, server salt.
  std::string material(2 * (key + salt), '\0');
  if (SSL_export_keying_material(inner_->ssl.get(), reinterpret_cast<unsigned char*>(material.data()),
                                 material.size(), kExporterLabel.data(), kExporterLabel.size(), nullptr, 0,
                                 0) != 1) {
    return std::nullopt;
  }
  const Secret whole(std::move(material));  // wiped at the end
  const std::string& all = whole.reveal();
  Secret client(all.substr(0, key) + all.substr(2 * key, salt));
  Secret server(all.substr(key, key) + all.substr(2 * key + salt, salt));
  const bool we_are_client = inner_->role == DtlsRole::client;
  keys.local = we_are_client ? client : server;
  keys.remote = we_are_client ? std::move(server) : std::move(client);
  return keys;
}

bool Dtls::write(ByteView data) {
  if (inner_->state != DtlsState::done || data.empty() || data.size() > inner_->options.mtu) return false;
  ERR_clear_error();
  const int written = SSL_write(inner_->ssl.get(), data.data(), static_cast<int>(data.size()));
  ERR_clear_error();
  return written == static_cast<int>(data.size());
}

std::optional<Bytes> Dtls::read() {
  if (inner_->inbox.empty()) return std::nullopt;
  Bytes record = std::move(inner_->inbox.front());
  inner_->inbox.pop_front();
  return record;
}

void Dtls::close() {
  if (inner_->state != DtlsState::done) return;
  SSL_shutdown(inner_->ssl.get());
  inner_->state = DtlsState::closed;
  ERR_clear_error();
}

}  // namespace lkdoctor::proto
