BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $capture = "$PSScriptRoot/../../examples/dns-and-http.pcap"
}

Describe 'Import-PacketTrace' {
    It 'reads a capture and says what is in it' {
        $trace = Import-PacketTrace $capture
        $trace.Name | Should -Be 'dns-and-http.pcap'
        $trace.Packets | Should -BeGreaterThan 1000
        $trace.Duration.TotalMilliseconds | Should -BeGreaterThan 0
        $trace.Failure | Should -BeNullOrEmpty
    }

    It 'keeps what the filter names, and counts the rest' {
        $all = Import-PacketTrace $capture
        $dns = Import-PacketTrace $capture -Port 53 -Protocol Udp
        $dns.Packets | Should -BeLessThan $all.Packets
        ($dns.Packets + $dns.Statistics.Filtered) | Should -Be $all.Packets
    }

    It 'refuses a prefix that is none' {
        { Import-PacketTrace $capture -Source 10.0.0.0/99 } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'refuses a file that is not a capture' {
        Set-Content TestDrive:/text.pcap 'this is no capture, however long the line may be'
        { Import-PacketTrace TestDrive:/text.pcap -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }

    It 'reports a file that is not there' {
        { Import-PacketTrace TestDrive:/nothing.pcap -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound*'
    }

    It 'keeps what was read of a truncated file, and says where it broke' {
        $bytes = [System.IO.File]::ReadAllBytes($capture)
        $cut = Join-Path $TestDrive 'cut.pcap'
        [System.IO.File]::WriteAllBytes($cut, $bytes[0..($bytes.Length - 20)])
        $warning = $null
        $trace = Import-PacketTrace $cut -WarningVariable warning -WarningAction SilentlyContinue
        $trace.Packets | Should -BeGreaterThan 1000
        $trace.Failure.Location.Offset | Should -BeGreaterThan 1000
        $warning.Count | Should -Be 1
        "$($warning[0])" | Should -Match '\d+ records before it were read'
    }
}
