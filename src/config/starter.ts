/** What `holdfast config init` writes: valid as it is, and everything else to be had by taking a "#" off. */
export const starterText = (schemaPath: string): string => `# yaml-language-server: $schema=${schemaPath}
# Holdfast's configuration. \`holdfast config check\` says what is wrong with it, \`holdfast config show\` what it comes to.
# Every key: docs/configuration.md, or \`holdfast config schema\`.
version: 1

config:
  # Directory on this machine for the copies. A mirror lies in BACKUP_BASE/HOST/SOURCE.
  backup_base: /srv/backup
  # Further options for rsync; they add up: config, host, path.
  # rsync_options: "-z --bwlimit=10m"
  # exclude: ["*.tmp", "lost+found/"]
  # Scripts for pre_script and post_script: NAME or NAME.sh in this directory.
  # scripts_dir: /etc/backup/scripts
  # Archives go here instead of backup_base:
  # destination: offsite

hosts:
  server1:
    # Without hostname, the name above is the address (and ~/.ssh/config may explain it).
    hostname: server1.example.com
    ssh_user: root
    # ssh_key: /root/.ssh/backup_key
    # ssh_port: 22
    # proxy_jump: backup@gate.example.com
    # tags: [production]
    paths:
      - path: /etc
      - path: /home
        dest_subdir: home
        # exclude: ["/*/.cache/"]
        # exclude_file: /etc/backup/excludes/home.txt
      # - path: /var/lib/postgresql
      #   dest_subdir: postgresql
      #   engine: archive            # every point in time, instead of one living copy
      #   max_level: 6               # a full archive each 7th time
      #   pre_script: stop_postgres
      #   post_script: start_postgres

# destinations:
#   offsite:
#     type: s3
#     bucket: backups
#     endpoint: https://s3.example.com
#     access_key_id: {env: BACKUP_S3_KEY_ID}
#     secret_access_key: {file: /etc/holdfast/s3-secret}

# schedules:                          # made by \`holdfast schedules apply\`
#   nightly:
#     cron: "30 2 * * *"
#     timezone: Europe/Berlin
#     jitter: 10m
`;
