// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "demo/demo.hpp"
#include "demo/files.hpp"
#include "demo/servers.hpp"

namespace lkdoctor::demo {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Bound {
  int descriptor = -1;
  std::uint16_t port = 0;
};

Bound bind_loopback(int type) {
  Bound bound;
  bound.descriptor = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bound.descriptor < 0) throw_errno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(bound.descriptor, raw, size) != 0) throw_errno("bind on 127.0.0.1");
  if (type == SOCK_STREAM && listen(bound.descriptor, 128) != 0) throw_errno("listen on 127.0.0.1");
  if (getsockname(bound.descriptor, raw, &size) != 0) throw_errno("getsockname");
  bound.port = ntohs(address.sin_port);
  return bound;
}

/// A port on which nothing listens: bound, so that nobody else takes it meanwhile, but never listening.
Bound reserve_closed() {
  Bound bound = bind_loopback(SOCK_STREAM);
  close(bound.descriptor);
  bound.descriptor = -1;
  return bound;
}

std::string random_secret() {
  std::array<unsigned char, 20> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("no random numbers");
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lkdoctor-demo-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw_errno("a folder for the demo's files");
  return pattern;
}

std::string write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  if (!out.flush()) throw std::system_error(std::make_error_code(std::errc::io_error), path.string());
  return path.string();
}

void close_all(std::initializer_list<int> descriptors) {
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) close(descriptor);
  }
}

}  // namespace

struct StandIn::State {
  Behaviour behaviour;
  Ports ports;
  std::filesystem::path folder;
  std::string controller_file, livekit_file, ca_file;
  int life = -1;
  pid_t child = -1;

  ~State() {
    if (life >= 0) close(life);
    if (child > 0) waitpid(child, nullptr, 0);
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }
};

StandIn::StandIn(std::string_view fault) : state_(std::make_unique<State>()) {
  auto behaviour = behaviour_for(fault);
  if (!behaviour) throw std::invalid_argument("the demo cannot provoke " + std::string(fault));
  const std::string secret = random_secret();
  if (behaviour->controller_secret.empty()) behaviour->controller_secret = secret;
  if (behaviour->livekit_secret.empty()) behaviour->livekit_secret = secret;
  state_->behaviour = *behaviour;

  const Bound https = bind_loopback(SOCK_STREAM), stun = bind_loopback(SOCK_DGRAM);
  const Bound http = behaviour->service_closed ? reserve_closed() : bind_loopback(SOCK_STREAM);
  const Bound ice = behaviour->ice_tcp == IceTcpKind::closed ? reserve_closed() : bind_loopback(SOCK_STREAM);
  state_->ports = {https.port, http.port, ice.port, stun.port};
  const Certificates certificates = make_certificates(behaviour->certificate, std::string(kHost));

  state_->folder = make_folder();
  state_->controller_file =
      write_file(state_->folder / "controller.toml", controller_toml(*behaviour, state_->ports));
  state_->livekit_file = write_file(state_->folder / "livekit.yaml", livekit_yaml(*behaviour, state_->ports));
  state_->ca_file = write_file(state_->folder / "ca.pem", certificates.root);

  std::array<int, 2> life{};
  if (pipe2(life.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  const pid_t parent = getpid();
  state_->child = fork();
  if (state_->child < 0) throw_errno("fork");
  if (state_->child == 0) {
    close(life[1]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    std::signal(SIGINT, SIG_IGN);  // Ctrl-C ends the parent, which still wants to finish its report
    const LiveKit livekit(state_->behaviour, behaviour->livekit_key, Secret(behaviour->livekit_secret));
    serve({https.descriptor, http.descriptor, ice.descriptor, stun.descriptor, life[0]}, state_->behaviour,
          livekit, certificates);
    _exit(0);
  }
  state_->life = life[1];
  close_all({life[0], https.descriptor, http.descriptor, ice.descriptor, stun.descriptor});
}

StandIn::~StandIn() = default;

const std::string& StandIn::controller_file() const noexcept {
  return state_->controller_file;
}
const std::string& StandIn::livekit_file() const noexcept {
  return state_->livekit_file;
}
const std::string& StandIn::ca_file() const noexcept {
  return state_->ca_file;
}
std::uint16_t StandIn::https_port() const noexcept {
  return state_->ports.https;
}
std::uint16_t StandIn::http_port() const noexcept {
  return state_->ports.http;
}
std::uint16_t StandIn::ice_tcp_port() const noexcept {
  return state_->ports.ice_tcp;
}
std::uint16_t StandIn::stun_port() const noexcept {
  return state_->ports.stun;
}

}  // namespace lkdoctor::demo
