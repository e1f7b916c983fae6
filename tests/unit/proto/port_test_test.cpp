// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <algorithm>
#include <lkdoctor/proto/port_test.hpp>
#include <set>

#include "hex.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

PortTestKey a_key() {
  return key_of_pair("devkey", Secret("a secret that is long enough to be one"));
}

PortTestHead head_of(PortTestKind kind) {
  return {kind, 20017, {1, 2, 3, 4, 5, 6, 7, 8}, 42};
}

/// One datagram of every kind.
std::vector<Bytes> one_of_each() {
  const PortTestKey key = a_key();
  Welcome welcome;
  welcome.seen_from = {"192.0.2.77", 50000};
  welcome.serves = {{20000, 25000}, {17881, 17881}};
  welcome.at = "10.20.0.23";
  PortsMarked marked{{20000, 20009}, std::vector<bool>(10)};
  marked.marks[3] = true;
  return {write_greeting(head_of(PortTestKind::greeting), {{9, 9}, 29000000}, key),
          write_welcome(head_of(PortTestKind::welcome), welcome, key),
          write_probe(head_of(PortTestKind::probe), 0, key),
          write_echo(head_of(PortTestKind::echo), {{"2001:db8::5", 7}}, 200, key),
          write_asked(head_of(PortTestKind::tally), {{20000, 25000}}, key),
          write_marked(head_of(PortTestKind::tallied), marked, key),
          write_later(head_of(PortTestKind::later), {30}, key),
          write_late(head_of(PortTestKind::late), {{"192.0.2.77", 50000}}, 100, key)};
}

}  // namespace

TEST_CASE("port test: a datagram is written as the specification says, byte by byte") {
  PortTestKey key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<std::uint8_t>(i);
  const Bytes probe = write_probe(head_of(PortTestKind::probe), 0, key);
  CHECK(probe == test::from_hex("f44c4b44 01 03 4e31 0102030405060708 0000002a"
                                "0000000000000000 0000000000000000 00000000"
                                "139bb7b44765a64ea4badd108db85621"));
  PortTestHead head{PortTestKind::greeting, 17881, {}, 1};
  Bytes id = test::from_hex("e8b08dd6573396a6");
  std::copy_n(id.begin(), head.id.size(), head.id.begin());
  Nonce nonce{};
  for (std::size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<std::uint8_t>(0x10 + i);
  Bytes greeting = test::from_hex(
      "f44c4b44010145d9e8b08dd6573396a600000001"
      "101112131415161718191a1b1c1d1e1f 01ba8140");
  greeting.resize(144);
  for (const std::uint8_t one : test::from_hex("c59f586ec83f3e6785f7b8f16026e83c")) greeting.push_back(one);
  CHECK(write_greeting(head, {nonce, 29000000}, key) == greeting);
  Nonce server{};
  for (std::size_t i = 0; i < server.size(); ++i) server[i] = static_cast<std::uint8_t>(0x20 + i);
  const PortTestKey next = key_of_successor(key_of_session(key, nonce, server));
  CHECK(Bytes(next.bytes.begin(), next.bytes.end()) ==
        test::from_hex("2c12f547aef9796460f8f6325e7f7141ec58b1607afe4632a9199448e7955e96"));
  CHECK(Bytes(next.id.begin(), next.id.end()) == test::from_hex("b0b8552733ea16ea"));
  // RFC 5869's HKDF with one block, by another implementation.
  const PortTestKey pair = a_key();
  CHECK(Bytes(pair.bytes.begin(), pair.bytes.end()) ==
        test::from_hex("75dd2dfe5c1864310a52a9d78edbfd8a17c3db2fd49d2f65c581edd4a2140df7"));
  CHECK(Bytes(pair.id.begin(), pair.id.end()) == test::from_hex("34efdd174bd2b621"));
}

TEST_CASE("port test: what is written is read again") {
  const auto all = one_of_each();
  CHECK(read_greeting(all[0])->client == Nonce{9, 9});
  CHECK(read_greeting(all[0])->minutes == 29000000);
  const auto welcome = read_welcome(all[1]);
  REQUIRE(welcome);
  CHECK(text(welcome->seen_from) == "192.0.2.77:50000");
  CHECK(welcome->serves == std::vector<Ports>{{20000, 25000}, {17881, 17881}});
  CHECK(peek_port_test(all[2])->sequence == 42);
  CHECK(text(read_echo(all[3])->seen_from) == "[2001:db8::5]:7");
  CHECK(all[3].size() == 200);
  CHECK(read_asked(all[4])->ports == Ports{20000, 25000});
  const auto marked = read_marked(all[5]);
  REQUIRE(marked);
  CHECK(std::ranges::count(marked->marks, true) == 1);
  CHECK(marked->marks[3]);
  CHECK_FALSE(marked->busy);
  CHECK_FALSE(marked->some_unopened);
  PortsMarked busy{{20000, 20009}, std::vector<bool>(10), true, false};
  CHECK(read_marked(write_marked(head_of(PortTestKind::sliced), busy, a_key()))->busy);
  PortsMarked unopened{{20000, 20009}, std::vector<bool>(10), false, true};
  CHECK(read_marked(write_marked(head_of(PortTestKind::sliced), unopened, a_key()))->some_unopened);
  CHECK(welcome->at == "10.20.0.23");
  CHECK(read_later(all[6])->seconds == 30);
  CHECK_FALSE(read_later(all[7]));
  CHECK(text(read_late(all[7])->seen_from) == "192.0.2.77:50000");
  CHECK(all[7].size() == 100);
}

TEST_CASE("port test: ports that were reached as far as the interface follow those that were reached") {
  PortTestKey key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<std::uint8_t>(i);
  PortsMarked marked{{20000, 20009}, std::vector<bool>(10)};
  marked.marks[3] = true;
  marked.at_interface = std::vector<bool>(10);
  marked.at_interface[0] = marked.at_interface[9] = true;
  const Bytes tallied = write_marked(head_of(PortTestKind::tallied), marked, key);
  CHECK(tallied ==
        test::from_hex(
            "f44c4b4401064e3101020304050607080000002a4e204e290800040102659be4dd8e4f93a767cc892262b89c8b"));
  const auto read = read_marked(tallied);
  REQUIRE(read);
  CHECK(read->marks == marked.marks);
  CHECK(read->at_interface == marked.at_interface);
  CHECK(read_marked(write_marked(head_of(PortTestKind::tallied), {{20000, 20009}, marked.marks}, key))
            ->at_interface.empty());
  Bytes cut = tallied;
  cut.erase(cut.end() - 17);
  CHECK_FALSE(read_marked(cut));
  CHECK(bytes_to_trace({20000, 23999}) == 1041);
  const Bytes asked =
      write_asked(head_of(PortTestKind::tally), {marked.ports}, key, bytes_to_trace(marked.ports));
  CHECK(asked.size() >= tallied.size());
}

TEST_CASE("port test: a window says whether it would take a sequence") {
  ReplayWindow window;
  CHECK_FALSE(window.has(7));
  CHECK(window.take(7));
  CHECK(window.has(7));
  CHECK_FALSE(window.has(6));
  CHECK_FALSE(window.has(8));
  CHECK(window.take(7 + 16384));
  CHECK(window.has(6));
}

TEST_CASE("port test: a welcome without the responder's own address is one, too") {
  const Bytes whole = one_of_each()[1];
  Bytes older(whole.begin(), whole.end() - 32);  // without address and MAC
  older.resize(older.size() + 16);
  const auto welcome = read_welcome(older);
  REQUIRE(welcome);
}

TEST_CASE("port test: one byte that was changed, or cut off, makes the MAC wrong") {
  const PortTestKey key = a_key();
  for (const Bytes& datagram : one_of_each()) {
    REQUIRE(mac_ok(datagram, key));
    for (std::size_t i = 0; i < datagram.size(); ++i) {
      Bytes other = datagram;
      other[i] ^= 0x10;
      CHECK_FALSE(mac_ok(other, key));
      CHECK_FALSE(mac_ok(ByteView(datagram).first(i), key));
    }
    CHECK_FALSE(mac_ok(datagram, key_of_pair("devkey", Secret("another secret that is long enough"))));
  }
}

TEST_CASE("port test: datagrams of others and of later versions are none of ours") {
  Bytes probe = one_of_each()[2];
  probe[4] = 2;
  CHECK_FALSE(peek_port_test(probe));
  probe[4] = 1;
  probe[5] = 11;
  CHECK_FALSE(peek_port_test(probe));
  CHECK_FALSE(peek_port_test(Bytes(20, 0xf4)));
  CHECK_FALSE(peek_port_test({}));
  Bytes endless = one_of_each()[2];
  endless.resize(kLongestPortTest + 1);
  CHECK_FALSE(peek_port_test(endless));
}

TEST_CASE("port test: no answer is longer than what it answers") {
  const PortTestKey key = a_key();
  Welcome welcome;
  welcome.serves.assign(kMostServedRanges, {1, 2});
  CHECK(write_welcome({}, welcome, key).size() <= kGreetingBytes);
  CHECK(write_echo({}, {{"2001:db8::1", 1}}, kShortestProbe, key).size() == kShortestProbe);
  for (const int last : {1, 8, 300, 7999, 8000}) {
    const Ports ports{1, static_cast<std::uint16_t>(last)};
    const Bytes asked = write_asked(head_of(PortTestKind::tally), {ports}, key);
    const PortsMarked marked{ports, std::vector<bool>(ports.size(), true)};
    CHECK(write_marked(head_of(PortTestKind::tallied), marked, key).size() <= asked.size());
  }
}

TEST_CASE("port test: more ports than an answer holds, or none, are not asked for") {
  const PortTestKey key = a_key();
  PortTestHead head = head_of(PortTestKind::tally);
  CHECK_FALSE(read_asked(write_probe(head, 1400, key)));
  CHECK_FALSE(read_asked(write_asked(head, {{20000, 19999}}, key)));
  Bytes too_short = write_asked(head, {{20000, 20000}}, key);
  too_short[22] = 0x5d;  // to 23848
  CHECK_FALSE(read_asked(too_short));
}

TEST_CASE("control connection: its key and the name of it follow from the long-term key") {
  const PortTestKey key = key_of_text(Secret("a key of sixteen letters or more\n")).value();
  const auto control = control_key(key);
  CHECK(Bytes(control.begin(), control.end()) ==
        test::from_hex("d191c704d4becc4f3fa8b03fb7044f776d2d652cc83ffd3b0c53a30da01c8427"));
  CHECK(control_identity(key) == "lkdoctor1:65dd320d9e933b7e");
}

TEST_CASE("port test: no key is made from an API secret that can be guessed from what is sent") {
  CHECK(stands_guessing(Secret("0123456789abcdef")));
  CHECK_FALSE(stands_guessing(Secret("0123456789abcde")));
  CHECK_FALSE(stands_guessing(Secret("secret")));
  CHECK_FALSE(stands_guessing(Secret("")));
}

TEST_CASE("port test: a key id says which key, a code is read as people type it") {
  CHECK(a_key().id != key_of_pair("other", Secret("a secret that is long enough to be one")).id);
  CHECK_FALSE(key_of_text(Secret("too short")));
  CHECK(key_of_text(Secret("sixteen letters!\n"))->id == key_of_text(Secret(" sixteen letters!"))->id);
  CHECK(key_of_code(Secret("4KQ7-2TXM-5CWP-A"))->bytes == key_of_code(Secret("4kq72txm 5cwpa"))->bytes);
  CHECK_FALSE(key_of_code(Secret("4KQ7-2TXM-5CWP")));
  CHECK_FALSE(key_of_code(Secret("4KQ7-9TXM-5CWP-A")));  // base32 has no 9
}

TEST_CASE("port test: pairing codes are different each time, and are codes") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const Secret code = new_pairing_code();
    CHECK(code.reveal().size() == 16);
    CHECK(key_of_code(code));
    seen.insert(code.reveal());
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("port test: greetings go to both ends of the range and to ports between, each once") {
  const auto ports = greeting_ports({20000, 25000});
  CHECK(ports.size() == 16);
  CHECK(ports.front() == 20000);
  CHECK(ports[1] == 20333);
  CHECK(ports.back() == 25000);
  CHECK(greeting_ports({7882, 7882}) == std::vector<std::uint16_t>{7882});
  CHECK(greeting_ports({1, 3}) == std::vector<std::uint16_t>{1, 2, 3});
}

TEST_CASE("replay window: every number is taken once, in any order that is not too old") {
  ReplayWindow window;
  CHECK(window.take(5));
  CHECK_FALSE(window.take(5));
  CHECK(window.take(3));
  CHECK(window.take(20000));
  CHECK_FALSE(window.take(3000));  // older than the window
  CHECK(window.take(19999));
  CHECK_FALSE(window.take(19999));
  CHECK(window.take(0xffffffff));
  CHECK_FALSE(window.take(20001));
}

TEST_CASE("replay window: a jump by exactly its size forgets everything before") {
  ReplayWindow window;
  CHECK(window.take(1));
  CHECK(window.take(1 + 16384));
  CHECK_FALSE(window.take(1));
  CHECK(window.take(2));
}
