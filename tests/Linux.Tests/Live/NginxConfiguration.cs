using System.Globalization;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>What nginx is told in tests: all that it writes goes into a folder of the test, and every request gets the same kind of answer.</summary>
internal static class NginxConfiguration
{
    /// <summary>Writes nginx.conf, and returns its path.</summary>
    /// <param name="folder">Where it goes, and what nginx writes.</param>
    /// <param name="workers">How many workers.</param>
    /// <param name="listen">What is listened to: <c>127.0.0.1:80 reuseport</c>.</param>
    /// <param name="answer">The body of the answers, with nginx's variables: <c>$pid</c> is the worker's process id.</param>
    public static string Write(string folder, int workers, string listen, string answer)
    {
        string path = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $$"""
            worker_processes {{workers}};
            daemon off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            events { worker_connections 4096; }
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                server {
                    listen {{listen}};
                    location / { default_type text/plain; return 200 "{{answer}}"; }
                }
            }
            """));
        return path;
    }
}
