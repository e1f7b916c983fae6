// SPDX-License-Identifier: EUPL-1.2
#include "proto/dtls_bio.hpp"

#include <algorithm>
#include <stdexcept>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kOutLimit = 512;  // datagrams; a caller that never takes them must not fill memory

DatagramPort& port_of(BIO* bio) {
  return *static_cast<DatagramPort*>(BIO_get_data(bio));
}

// RFC 6347 §4.1.1: a record must not be split over datagrams, so what does not fit is cut as a socket would.
int read_datagram(BIO* bio, char* into, int size) {
  DatagramPort& port = port_of(bio);
  BIO_clear_retry_flags(bio);
  if (!port.in || size <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(port.in->size(), static_cast<std::size_t>(size));
  std::copy_n(port.in->begin(), count, into);
  port.in.reset();
  return static_cast<int>(count);
}

int write_datagram(BIO* bio, const char* from, int size) {
  if (size <= 0) return 0;
  DatagramPort& port = port_of(bio);
  if (port.out.size() < kOutLimit) port.out.emplace_back(from, from + size);
  return size;
}

long control(BIO*, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
      return 1;
    default:
      return 0;
  }
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "datagrams");
  if (method == nullptr) throw std::runtime_error("OpenSSL gives no BIO");
  BIO_meth_set_read(method, read_datagram);
  BIO_meth_set_write(method, write_datagram);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* make_datagram_bio(DatagramPort& port) {
  static BIO_METHOD* const method = make_method();  // a table of functions, kept to the end of the process
  BIO* bio = BIO_new(method);
  if (bio == nullptr) throw std::runtime_error("OpenSSL gives no BIO");
  BIO_set_data(bio, &port);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace lkdoctor::proto
