// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/dtls.hpp>

#include "pieces.hpp"

using namespace lkdoctor;

namespace {

const proto::DtlsIdentity& identity() {
  static const proto::DtlsIdentity one = proto::DtlsIdentity::make();
  return one;
}

/// What the path does to the peer's datagrams: four bytes each of the input say which one, where, what and
/// how long.
struct Damage {
  Reader plan;
  int passed = 0;
  std::uint8_t which = 0, what = 0, cut = 0;
  std::uint16_t where = 0;

  explicit Damage(ByteView input) : plan(input) { next(); }
  void next() {
    if (plan.left() < 5) {
      which = 0xff;
      return;
    }
    which = plan.u8();
    where = plan.u16();
    what = plan.u8();
    cut = plan.u8();
  }
  void apply(Bytes& datagram) {
    while (passed == which) {
      if (!datagram.empty()) datagram[where % datagram.size()] ^= what;
      if (cut != 0 && !datagram.empty()) datagram.resize(datagram.size() - cut % datagram.size());
      next();
    }
    ++passed;
  }
};

void shake_hands(proto::Dtls& target, proto::DtlsRole role, Damage& damage) {
  proto::Dtls peer(role, identity());
  peer.start();
  for (int turn = 0; turn < 6; ++turn) {
    while (auto datagram = target.take()) peer.feed(*datagram);
    while (auto datagram = peer.take()) {
      damage.apply(*datagram);
      target.feed(*datagram);
    }
  }
  (void)peer.write(Bytes(20, 7));
  while (auto datagram = peer.take()) {
    damage.apply(*datagram);
    target.feed(*datagram);
  }
}

void check(proto::Dtls& target) {
  (void)target.last_seen();
  (void)Json(target.trace()).dump();
  const bool done = target.state() == proto::DtlsState::done;
  if (done && (target.peer_fingerprint() != identity().fingerprint() || !target.srtp_keys())) std::abort();
  if (!done && target.srtp_keys()) std::abort();
  if (target.state() == proto::DtlsState::failed && target.reason().empty()) std::abort();
  while (const auto record = target.read()) {
    if (record->size() > 16'384) std::abort();
  }
  (void)target.write(Bytes(5, 1));
  target.on_timeout();
  target.close();
  while (const auto datagram = target.take()) {
    if (datagram->size() > 1'200) std::abort();
  }
}

}  // namespace

/// The first byte: our role, and what the rest is: datagrams of the peer, or damage to those of an honest
/// one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool client = (data[0] & 1U) != 0, honest = (data[0] & 2U) != 0;
  const ByteView rest(data + 1, size - 1);
  proto::DtlsOptions options;
  options.expected_fingerprint = identity().fingerprint();
  proto::Dtls target(client ? proto::DtlsRole::client : proto::DtlsRole::server, identity(), options);
  target.start();
  if (honest) {
    Damage damage(rest);
    shake_hands(target, client ? proto::DtlsRole::server : proto::DtlsRole::client, damage);
  } else {
    for (const Bytes& datagram : pieces_of(rest)) target.feed(datagram);
  }
  check(target);
  return 0;
}
