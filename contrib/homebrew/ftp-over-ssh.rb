# A formula for a tarball of `make dist` in this directory:
#   brew install --build-from-source ./ftp-over-ssh.rb
# Not tried yet: the programs have been built and linked for macOS (tests/cross/run), not run there.
class FtpOverSsh < Formula
  desc "FTP, control and data connections, through ssh"
  url "file://#{__dir__}/ftp-over-ssh-0.1.tar.gz"
  license "ISC"

  on_linux do
    depends_on "libbsd"
  end

  def install
    system "make", "install", "PREFIX=#{prefix}", "BASHCOMPDIR=#{bash_completion}",
           "ZSHCOMPDIR=#{zsh_completion}", "FISHCOMPDIR=#{fish_completion}", "MANDIR=#{man}"
  end

  test do
    assert_match "usage: ftp-over-ssh", shell_output("#{bin}/ftp-over-ssh -h")
  end
end
