// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/port_test.hpp>

using namespace lkdoctor;

namespace {

/// What was read is written and read again to the same.
void same_again(const proto::PortTestHead& head, ByteView datagram) {
  const proto::PortTestKey key;
  if (const auto one = proto::read_greeting(datagram)) {
    if (proto::read_greeting(proto::write_greeting(head, *one, key))->client != one->client) std::abort();
  }
  if (const auto one = proto::read_welcome(datagram)) {
    const Bytes again = proto::write_welcome(head, *one, key);
    if (again.size() > proto::kGreetingBytes) std::abort();
    if (proto::read_welcome(again)->serves != one->serves) std::abort();
  }
  if (const auto one = proto::read_echo(datagram)) {
    if (proto::read_echo(proto::write_echo(head, *one, 0, key))->seen_from != one->seen_from) std::abort();
  }
  if (const auto one = proto::read_late(datagram)) {
    if (proto::read_late(proto::write_late(head, *one, 0, key))->seen_from != one->seen_from) std::abort();
  }
  if (const auto one = proto::read_later(datagram)) {
    const Bytes again = proto::write_later(head, *one, key);
    if (proto::read_later(again)->seconds != one->seconds) std::abort();
    if (proto::write_late(head, {}, datagram.size(), key).size() > datagram.size()) std::abort();
  }
  if (const auto one = proto::read_asked(datagram)) {
    const proto::PortsMarked marked{one->ports, std::vector<bool>(one->ports.size())};
    // Never longer than what it answers, with what it has room for.
    proto::PortsMarked traced = marked;
    if (datagram.size() >= proto::bytes_to_trace(one->ports)) traced.at_interface = traced.marks;
    if (proto::write_marked({proto::PortTestKind::tallied, 0, {}, 0}, traced, key).size() > datagram.size())
      std::abort();
    if (proto::write_marked({proto::PortTestKind::tallied, 0, {}, 0}, marked, key).size() > datagram.size())
      std::abort();
  }
  if (const auto one = proto::read_marked(datagram)) {
    const auto again = proto::read_marked(proto::write_marked(head, *one, key));
    if (again->marks != one->marks || again->at_interface != one->at_interface) std::abort();
  }
}

}  // namespace

/// A peer's datagram with a right MAC: the readers look at everything but that.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView datagram(data, size);
  if (const auto head = proto::peek_port_test(datagram)) same_again(*head, datagram);
  (void)proto::mac_ok(datagram, {});
  return 0;
}
