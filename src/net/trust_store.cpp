// SPDX-License-Identifier: EUPL-1.2
#include "net/trust_store.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace lkdoctor::net {
namespace {

using Store = std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)>;

std::string from_environment(const char* variable, const char* otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : value;
}

/// All that X509_STORE_set_default_paths(3) and `ca_files` lead to.
std::vector<std::string> sources(const std::vector<std::string>& ca_files) {
  std::vector<std::string> out = ca_files;
  out.push_back(from_environment(X509_get_default_cert_file_env(), X509_get_default_cert_file()));
  const std::string folders = from_environment(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  std::istringstream each(folders);
  for (std::string folder; std::getline(each, folder, ':');) out.push_back(folder);
  return out;
}

/// What tells one state of a file or folder from the next, whether it was written to or replaced.
struct State {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_s = 0, changed_ns = 0;
  bool operator==(const State&) const = default;
};

std::vector<State> states_of(const std::vector<std::string>& paths) {
  std::vector<State> out;
  for (const std::string& path : paths) {
    State state{.path = path};
    struct stat seen = {};
    if (stat(path.c_str(), &seen) == 0) {
      state = {path, seen.st_dev, seen.st_ino, seen.st_size, seen.st_ctim.tv_sec, seen.st_ctim.tv_nsec};
    }
    out.push_back(std::move(state));
  }
  return out;
}

Store make_store(const std::vector<std::string>& ca_files) {
  Store store(X509_STORE_new(), &X509_STORE_free);
  X509_STORE_set_default_paths(store.get());
  for (const std::string& file : ca_files) X509_STORE_load_file(store.get(), file.c_str());
  ERR_clear_error();  // a file that is missing is a matter of the configuration, not of this connection
  return store;
}

}  // namespace

X509_STORE* trust_store(const std::vector<std::string>& ca_files) {
  thread_local Store kept(nullptr, &X509_STORE_free);
  thread_local std::vector<State> kept_states;
  // Before the files are read: one that changes meanwhile is read again at the next call.
  std::vector<State> states = states_of(sources(ca_files));
  if (kept == nullptr || states != kept_states) {
    kept = make_store(ca_files);
    kept_states = std::move(states);
  }
  return kept.get();
}

}  // namespace lkdoctor::net
