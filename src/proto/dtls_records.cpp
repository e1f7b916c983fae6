// SPDX-License-Identifier: EUPL-1.2
#include "proto/dtls_records.hpp"

#include <fmt/format.h>

namespace lkdoctor::proto {
namespace {

// RFC 6347 §4.1, the record:
//   ContentType type (1); ProtocolVersion version (2); uint16 epoch; uint48 sequence_number; uint16 length
enum ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23
};

/// RFC 5246 §7.4 and RFC 6347 §4.2.2 (HelloVerifyRequest).
std::string handshake_name(std::uint8_t type) {
  switch (type) {
    case 0:
      return "HelloRequest";
    case 1:
      return "ClientHello";
    case 2:
      return "ServerHello";
    case 3:
      return "HelloVerifyRequest";
    case 4:
      return "NewSessionTicket";
    case 11:
      return "Certificate";
    case 12:
      return "ServerKeyExchange";
    case 13:
      return "CertificateRequest";
    case 14:
      return "ServerHelloDone";
    case 15:
      return "CertificateVerify";
    case 16:
      return "ClientKeyExchange";
    default:
      return fmt::format("handshake message {}", type);
  }
}

std::string record_name(std::uint8_t type, std::uint16_t epoch, ByteView body) {
  switch (type) {
    case change_cipher_spec:
      return "ChangeCipherSpec";
    case alert:
      return "alert";
    // From epoch 1 on handshake messages are encrypted; without renegotiation only Finished comes there.
    case handshake:
      return epoch > 0 ? "Finished" : body.empty() ? "" : handshake_name(body.front());
    default:
      return "";
  }
}

}  // namespace

bool is_dtls(ByteView datagram) {
  return !datagram.empty() && datagram.front() >= 20 && datagram.front() <= 63;
}

std::string last_message_in(ByteView datagram) {
  std::string last;
  Reader in(datagram);
  while (in.left() > 0) {
    const std::uint8_t type = in.u8();
    in.skip(2);  // version
    const std::uint16_t epoch = in.u16();
    in.skip(6);  // sequence number
    const std::uint16_t length = in.u16();
    const ByteView body = in.view(length);
    if (in.failed()) break;
    last = record_name(type, epoch, body);
  }
  return last;
}

}  // namespace lkdoctor::proto
