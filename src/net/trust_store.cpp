// SPDX-License-Identifier: EUPL-1.2
#include "net/trust_store.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <lkdoctor/file_stamp.hpp>
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

std::vector<FileStamp> stamps_of(const std::vector<std::string>& paths) {
  std::vector<FileStamp> out;
  for (const std::string& path : paths) out.push_back(stamp_of(path));
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
  thread_local std::vector<FileStamp> kept_stamps;
  std::vector<FileStamp> stamps = stamps_of(sources(ca_files));
  if (kept == nullptr || stamps != kept_stamps) {
    kept = make_store(ca_files);
    kept_stamps = std::move(stamps);
  }
  return kept.get();
}

}  // namespace lkdoctor::net
